import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { connectMesh, credentialsFile, type Mesh } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import {
  createTestDirectory,
  eventually,
  startTestNats,
  type TestDirectory,
  type TestNats,
} from "@flock/provision/testing";
import { type Run, runHere } from "./run-here.js";

/* `flock access` from an empty folder to a running server: as an operator would. */

let directory: TestDirectory;
let nats: TestNats;
const meshes: Mesh[] = [];

const path = (name: string) => join(directory.path, name);

function flock(...args: string[]): Promise<Run> {
  const natsUrl: Record<string, string> = nats === undefined ? {} : { NATS_URL: nats.url };
  return runHere(["access", "--tree", path("tree.json"), ...args], natsUrl);
}

async function connect(file: string): Promise<Mesh> {
  const mesh = await connectMesh({
    natsUrl: nats.url,
    name: file,
    logger: createLogger("test", "silent"),
    meter: createMetrics("test").meter,
    credentials: credentialsFile(path(file)),
  });
  meshes.push(mesh);
  return mesh;
}

beforeAll(async () => {
  directory = await createTestDirectory();
  expect(await flock("create")).toMatchObject({ code: 0 });
  const { stdout } = await flock("server", "--resolver-dir", path("accounts"));
  nats = await startTestNats({ extraConfig: stdout });
});

afterAll(async () => {
  for (const mesh of meshes) await mesh.close();
  await nats?.stop();
  await directory.remove();
});

describe("flock access", () => {
  it("makes keys once, for their owner alone, and prints no secret", async () => {
    expect((await stat(path("tree.json"))).mode & 0o777).toBe(0o600);
    const again = await flock("create");
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("its mesh needs its keys") });
    const { operator } = JSON.parse(await readFile(path("tree.json"), "utf8")) as {
      operator: { identity: string };
    };
    const { stdout } = await flock("server", "--resolver-dir", path("accounts"));
    expect(stdout).toContain("resolver_preload");
    expect(stdout).not.toContain(operator.identity);
    expect(stdout).not.toMatch(/\bS[OAU][A-Z2-7]{56}\b/);
  });

  it("prints a WebSocket listener, and never one in the clear for others", async () => {
    const listen = (...args: string[]) => flock("server", "--resolver-dir", path("accounts"), ...args);
    expect((await listen("--websocket", "127.0.0.1:8443")).stdout).toContain("no_tls: true");
    const tls = ["--websocket-cert", "cert.pem", "--websocket-key", "key.pem"];
    expect((await listen("--websocket", "0.0.0.0:443", ...tls)).stdout).toContain('cert_file: "cert.pem"');
    for (const wrong of [["0.0.0.0:443"], ["443"], ["0.0.0.0:443", "--websocket-cert", "cert.pem"]])
      expect(await listen("--websocket", ...wrong)).toMatchObject({ code: 1, stdout: "" });
  });

  it("writes credentials that the server takes, and over none that exist", async () => {
    for (const [name, command] of [
      ["api.creds", ["service", "api"]],
      ["system.creds", ["system", "monitor"]],
      ["worker.creds", ["worker", "WorkerA", "--models", "llama3,qwen3:8b"]],
    ] as const) {
      expect(await flock(...command, "--out", path(name))).toMatchObject({ code: 0, stderr: "" });
      expect((await stat(path(name))).mode & 0o777).toBe(0o600);
      expect((await connect(name)).isConnected()).toBe(true);
      expect(await flock(...command, "--out", path(name))).toMatchObject({ code: 1 });
    }
  });

  it("revokes a worker: it is cut off, and issued nothing until it is readmitted", async () => {
    await flock("worker", "Revoked", "--out", path("revoked.creds"));
    const revoked = await connect("revoked.creds");
    expect(await flock("revoke", "Revoked")).toMatchObject({
      code: 0,
      stdout: "worker Revoked is revoked; sessions cut off: 1\n",
    });
    await eventually("the connection to end", () => !revoked.isConnected(), { timeoutMs: 5_000 });
    await expect(connect("revoked.creds")).rejects.toMatchObject({ code: "unauthenticated" });
    const refused = await flock("worker", "Revoked", "--out", path("again.creds"));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("was revoked") });
    await flock("readmit", "Revoked");
    expect(await flock("worker", "Revoked", "--out", path("again.creds"))).toMatchObject({ code: 0 });
    expect((await connect("again.creds")).isConnected()).toBe(true);
  });

  it.each([
    ["core", ["service", "ledger"]],
    ["system", ["system", "monitor"]],
    ["workers", ["worker", "Rotated"]],
  ] as const)(
    "rotates the key of %s on the running server, without a moment in which nobody gets in",
    async (of, issue) => {
      const [before, after] = [`${of}-before.creds`, `${of}-after.creds`];
      await flock(...issue, "--out", path(before));
      const old = await connect(before);
      for (const step of [["rotate", of], ["push"]])
        expect(await flock(...step)).toMatchObject({ code: 0, stderr: "" });
      await flock(...issue, "--out", path(after));
      const fresh = await connect(after);
      expect(old.isConnected()).toBe(true);
      for (const step of [["forget", of], ["push"]])
        expect(await flock(...step)).toMatchObject({ code: 0, stderr: "" });
      await eventually("the old one to be cut off", () => !old.isConnected());
      await fresh.nats.flush();
      expect(fresh.isConnected()).toBe(true);
    },
  );
});
