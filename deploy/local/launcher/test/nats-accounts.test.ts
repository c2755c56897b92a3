import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { issueWorkerCredentials, readIssuer } from "@flock/access";
import { generateIdentity, loadIdentity } from "@flock/keys";
import { call, connectMesh, type Mesh, workerSessions } from "@flock/mesh";
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

  it("have its worker enrol at the api as a stranger's does: it is given no way to NATS itself", async () => {
    const { id } = await loadIdentity(dataPaths(mesh.state.dataDir).workerKey("worker-1"));
    expect(await workerSessions(await connect(natsOf(mesh.state)), id)).toHaveLength(1);
    const [pid] = mesh.state.pids.worker;
    const environment = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
    expect(environment).toContain(`WORKER_API_URL=${mesh.state.apiUrl}`);
    expect(environment.filter((variable) => /^(NATS|WORKER_MESH|DATABASE|API)_/.test(variable))).toEqual([]);
  });

  it("let what the api issues to workers reach no service, and nobody in without anything", async () => {
    const { natsUrl, dataDir } = mesh.state;
    const issuer = await readIssuer(dataPaths(dataDir).workerIssuer);
    const pass = { workerId: generateIdentity().id, lifeSeconds: 600 };
    const text = await issueWorkerCredentials(issuer, pass);
    await expect(listKeys(await connect({ natsUrl, credentials: () => text }))).rejects.toThrow();
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
    "serves a local mesh without enrolment, and is shown no credentials",
    async () => {
      const dataDir = join(directory.path, "data");
      const mesh = await startLocalMesh({ dataDir, args: ARGS, environment: { NATS_URL: nats.url } });
      expect(natsOf(mesh.state)).toEqual({ natsUrl: nats.url });
      expect(await readdir(dataPaths(dataDir).access)).toEqual(["mesh-key.json"]);
      expect(await statusOfAnswer(mesh)).toBe(200);
      expect(await mesh.stop()).toBe(0);
    },
    START_MS,
  );
});
