import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { readUser } from "@flock/access";
import { loadIdentity } from "@flock/keys";
import {
  BansView,
  connectMesh,
  credentialsFile,
  type Mesh,
  manager,
  openBucket,
  rememberWorkerSession,
} from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { BUCKETS } from "@flock/proto";
import {
  createTestDirectory,
  eventually,
  startTestNats,
  type TestDirectory,
  type TestNats,
} from "@flock/provision/testing";
import { type Run, runHere } from "./run-here.js";

/* `flock admin access` from an empty folder to a running server: as an operator would. */

let directory: TestDirectory;
let nats: TestNats;
let created: Run;
const meshes: Mesh[] = [];

const path = (name: string) => join(directory.path, name);

function flock(...args: string[]): Promise<Run> {
  const natsUrl: Record<string, string> = nats === undefined ? {} : { NATS_URL: nats.url };
  return runHere(["admin", "access", "--tree", path("tree.json"), ...args], natsUrl);
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

/** A connection as our services have it. */
async function service(): Promise<Mesh> {
  const file = "looker.creds";
  if (!existsSync(path(file))) await flock("service", "looker", "--out", path(file));
  return connect(file);
}

async function sessionIn(file: string): Promise<string> {
  const text = await readFile(path(file), "utf8");
  return readUser(/JWT-----\n(\S+)\n/.exec(text)?.[1] ?? "").key;
}

beforeAll(async () => {
  directory = await createTestDirectory();
  created = await flock("create");
  expect(created).toMatchObject({ code: 0 });
  const { stdout } = await flock("server", "--resolver-dir", path("accounts"));
  nats = await startTestNats({ extraConfig: stdout });
});

afterAll(async () => {
  for (const mesh of meshes) await mesh.close();
  await nats?.stop();
  await directory.remove();
});

describe("flock admin access", () => {
  it("makes keys once, for their owner alone, and prints no secret", async () => {
    expect((await stat(path("tree.json"))).mode & 0o777).toBe(0o600);
    const again = await flock("create");
    expect(again).toMatchObject({ code: 4, stderr: expect.stringContaining("its mesh needs its keys") });
    const { operator } = JSON.parse(await readFile(path("tree.json"), "utf8")) as {
      operator: { identity: string };
    };
    const { stdout } = await flock("server", "--resolver-dir", path("accounts"));
    expect(stdout).toContain("resolver_preload");
    expect(stdout).not.toContain(operator.identity);
    expect(stdout).not.toMatch(/\bS[OAU][A-Z2-7]{56}\b/);
  });

  it("makes the key of the mesh beside them, and another one to take its place, and prints what workers know them by", async () => {
    const { id } = await loadIdentity(path("mesh-key.json"));
    expect((await stat(path("mesh-key.json"))).mode & 0o777).toBe(0o600);
    expect(created.stdout).toContain(`Workers know it as ${id}.`);
    const next = await flock("mesh-key", "--out", path("mesh-key-2.json"));
    const { id: nextId } = await loadIdentity(path("mesh-key-2.json"));
    expect(next).toMatchObject({
      code: 0,
      stdout: `${path("mesh-key-2.json")}\nWorkers know it as ${nextId}.\n`,
    });
    expect(await flock("mesh-key", "--out", path("mesh-key-2.json"))).toMatchObject({ code: 4 });
  });

  it("prints a WebSocket listener, and never one in the clear for others", async () => {
    const listen = (...args: string[]) => flock("server", "--resolver-dir", path("accounts"), ...args);
    expect((await listen("--websocket", "127.0.0.1:8443")).stdout).toContain("no_tls: true");
    const tls = ["--websocket-cert", "cert.pem", "--websocket-key", "key.pem"];
    expect((await listen("--websocket", "0.0.0.0:443", ...tls)).stdout).toContain('cert_file: "cert.pem"');
    for (const wrong of [["0.0.0.0:443"], ["443"], ["0.0.0.0:443", "--websocket-cert", "cert.pem"]])
      expect(await listen("--websocket", ...wrong)).toMatchObject({ code: 2, stdout: "" });
  });

  it("writes credentials that the server takes, and over none that exist", async () => {
    for (const [name, command] of [
      ["api.creds", ["service", "api"]],
      ["system.creds", ["system", "monitor"]],
      ["worker.creds", ["worker", "WorkerA"]],
    ] as const) {
      expect(await flock(...command, "--out", path(name))).toMatchObject({ code: 0, stderr: "" });
      expect((await stat(path(name))).mode & 0o777).toBe(0o600);
      expect((await connect(name)).isConnected()).toBe(true);
      expect(await flock(...command, "--out", path(name))).toMatchObject({ code: 4 });
    }
  });

  it("revokes a worker: it is cut off, banned, and issued nothing until it is readmitted", async () => {
    await flock("worker", "Revoked", "--out", path("revoked.creds"));
    const revoked = await connect("revoked.creds");
    expect(await flock("revoke", "Revoked", "--reason", "forged a receipt")).toMatchObject({
      code: 0,
      stdout: "worker Revoked is banned; sessions revoked: 1, cut off: 1\n",
    });
    await eventually("the connection to end", () => !revoked.isConnected(), { timeoutMs: 5_000 });
    await expect(connect("revoked.creds")).rejects.toMatchObject({ code: "unauthenticated" });
    const bans = new BansView(await service());
    expect(await bans.read("Revoked")).toMatchObject({ reason: "forged a receipt" });
    const refused = await flock("worker", "Revoked", "--out", path("again.creds"));
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining("was revoked") });
    expect(await flock("readmit", "Revoked")).toMatchObject({ code: 0, stderr: "" });
    expect(await bans.read("Revoked")).toBeUndefined();
    expect(await flock("worker", "Revoked", "--out", path("again.creds"))).toMatchObject({ code: 0 });
    expect((await connect("again.creds")).isConnected()).toBe(true);
  });

  it("revokes sessions in which the worker is not connected now: it cannot come back with their JWTs", async () => {
    for (const name of ["away", "here", "other"]) {
      const workerId = name === "other" ? "Other" : "Enrolled";
      await flock("worker", workerId, "--out", path(`${name}.creds`));
      await rememberWorkerSession(await service(), workerId, await sessionIn(`${name}.creds`));
    }
    const here = await connect("here.creds");
    expect(await flock("revoke", "Enrolled")).toMatchObject({
      code: 0,
      stdout: "worker Enrolled is banned; sessions revoked: 2, cut off: 1\n",
    });
    await eventually("the connection to end", () => !here.isConnected(), { timeoutMs: 5_000 });
    for (const name of ["here.creds", "away.creds"])
      await expect(connect(name)).rejects.toMatchObject({ code: "unauthenticated" });
    // What was issued before stays revoked.
    await flock("readmit", "Enrolled");
    await expect(connect("away.creds")).rejects.toMatchObject({ code: "unauthenticated" });
    expect((await connect("other.creds")).isConnected()).toBe(true);
  });

  it("cuts a worker off also where its ban cannot be written, says so, and bans it when it is told again", async () => {
    await flock("worker", "Late", "--out", path("late.creds"));
    const late = await connect("late.creds");
    const core = await service();
    await openBucket(core, BUCKETS.bans);
    const { streams } = await manager(core);
    const name = `KV_${BUCKETS.bans}`;
    const full = { ...(await streams.info(name)).config, sealed: true };
    await streams.update(name, full);
    expect(await flock("revoke", "Late")).toMatchObject({
      code: 6,
      stdout: "",
      stderr: expect.stringMatching(/may come back.*sealed.*sessions revoked: 1, cut off: 1/),
    });
    await eventually("the connection to end", () => !late.isConnected(), { timeoutMs: 5_000 });
    await expect(connect("late.creds")).rejects.toMatchObject({ code: "unauthenticated" });
    await streams.delete(name);
    expect(await flock("revoke", "Late")).toMatchObject({ code: 0 });
    expect(await new BansView(core).read("Late")).toBeDefined();
  });

  it.each(["revoke", "readmit"])("has nothing to %s that is no worker's id", async (command) => {
    for (const id of ["*", "a.b", ">"])
      expect(await flock(command, id)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("is no worker's id"),
      });
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
