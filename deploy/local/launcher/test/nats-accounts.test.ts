import { existsSync } from "node:fs";
import { join } from "node:path";
import { call, connectMesh, credentialsFile, type Mesh } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { API } from "@flock/proto/keys";
import {
  createTestDirectory,
  startTestNats,
  type TestDirectory,
  type TestNats,
} from "@flock/provision/testing";
import { dataPaths } from "../src/data-dir.js";
import { type LocalMesh, startLocalMesh } from "../src/local-mesh.js";
import { natsOf } from "../src/mesh-connection.js";

const ARGS = ["--workers", "1", "--no-chain"];
const START_MS = 180_000;

/** An answer through the whole mesh: its worker was given a job and could report on it. */
async function statusOfAnswer({ state }: LocalMesh): Promise<number> {
  const response = await fetch(`${state.apiUrl}/api/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${state.apiKey}` },
    body: JSON.stringify({ model: state.model, prompt: "Hello", stream: false }),
  });
  return response.status;
}

describe("the accounts of a local mesh", () => {
  let directory: TestDirectory;
  let mesh: LocalMesh;
  const connections: Mesh[] = [];
  beforeAll(async () => {
    directory = await createTestDirectory();
    mesh = await startLocalMesh({ dataDir: join(directory.path, "data"), args: ARGS });
  }, START_MS);
  afterAll(async () => {
    for (const connection of connections) await connection.close();
    await mesh?.stop();
    await directory.remove();
  });

  async function connect(
    nats: Pick<Parameters<typeof connectMesh>[0], "natsUrl" | "credentials">,
  ): Promise<Mesh> {
    const logger = createLogger("test", "silent");
    const mesh = await connectMesh({ ...nats, name: "test", logger, meter: createMetrics("test").meter });
    connections.push(mesh);
    return mesh;
  }

  const listKeys = (connection: Mesh) => call(connection, API.listKeys, { version: 1, accountId: "demo" });

  it("let tools of its owner call the services, and its worker work", async () => {
    const keys = await listKeys(await connect(natsOf(mesh.state)));
    expect(keys.keys.length).toBeGreaterThan(0);
    expect(await statusOfAnswer(mesh)).toBe(200);
  });

  it("let its worker's credentials reach no service, and nobody in without any", async () => {
    const { natsUrl, dataDir } = mesh.state;
    const credentials = credentialsFile(dataPaths(dataDir).workerCredentials("worker-1"));
    await expect(listKeys(await connect({ natsUrl, credentials }))).rejects.toThrow();
    await expect(connect({ natsUrl })).rejects.toMatchObject({ code: "unauthenticated" });
  });
});

describe("a NATS of one's own without accounts", () => {
  let directory: TestDirectory;
  let nats: TestNats;
  beforeAll(async () => {
    [directory, nats] = await Promise.all([createTestDirectory(), startTestNats()]);
  });
  afterAll(async () => {
    await nats?.stop();
    await directory.remove();
  });

  it(
    "serves a local mesh as before, and is shown no credentials",
    async () => {
      const dataDir = join(directory.path, "data");
      const mesh = await startLocalMesh({ dataDir, args: ARGS, environment: { NATS_URL: nats.url } });
      expect(natsOf(mesh.state)).toEqual({ natsUrl: nats.url });
      expect(existsSync(dataPaths(dataDir).access)).toBe(false);
      expect(await statusOfAnswer(mesh)).toBe(200);
      expect(await mesh.stop()).toBe(0);
    },
    START_MS,
  );
});
