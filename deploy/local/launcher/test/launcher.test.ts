import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { freePort, identifyProcess } from "@flock/provision";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { type LocalMesh, startLocalMesh } from "../src/local-mesh.js";
import { untilGone } from "./fixture-mesh.js";

const START_MS = 180_000;
const SMALL = ["--workers", "1", "--worker-slots", "2"];

/** The whole launcher with the built services. */
describe("the local launcher", () => {
  let directory: TestDirectory;
  let mesh: LocalMesh;
  let bridgePort: number;
  beforeAll(async () => {
    directory = await createTestDirectory();
    bridgePort = await freePort();
    const args = [...SMALL, "--bridge-port", String(bridgePort)];
    mesh = await startLocalMesh({ dataDir: join(directory.path, "first"), args });
  }, START_MS);
  afterAll(async () => {
    await mesh?.stop();
    await directory.remove();
  }, 60_000);

  it("says where everything is, to its owner alone", async () => {
    const { state } = mesh;
    expect(state).toMatchObject({
      ...{ model: "flock-tiny:latest", dataDir: join(directory.path, "first") },
      bridgeAddress: `127.0.0.1:${bridgePort}`,
    });
    expect(Object.fromEntries(Object.entries(state.pids).map(([role, pids]) => [role, pids.length]))).toEqual(
      {
        ...{
          api: 1,
          router: 1,
          ledger: 1,
          treasury: 1,
          verifier: 1,
          worker: 1,
          bridge: 1,
          engine: 1,
          chain: 1,
          nats: 1,
          postgres: 1,
        },
      },
    );
    const identities = await Promise.all(Object.values(state.pids).flat().map(identifyProcess));
    expect(identities).not.toContain(undefined);
    expect(statSync(join(state.dataDir, "local.json")).mode & 0o077).toBe(0);
  });

  it("prints a line beginning READY, the key, and a request that works", async () => {
    const printed = mesh.output();
    expect(printed).toMatch(/^READY http:\/\/127\.0\.0\.1:\d+ /m);
    const command = /curl (\S+) -H 'Authorization: (Bearer \S+)' -d '(\{.*\})'/.exec(printed);
    const [, url = "", authorization = "", body = ""] = command ?? [];
    const response = await fetch(url, { method: "POST", headers: { authorization }, body });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ done: true, response: expect.stringMatching(/\w/) });
  }, 60_000);

  it("serves who shows no key, says so, and keeps the key that they are served as to its owner", async () => {
    expect(mesh.output()).toMatch(/^ {2}Guests {4}no key needed for 60 requests a minute/m);
    const { apiUrl, dataDir } = mesh.state;
    const body = JSON.stringify({ model: "flock-tiny", prompt: "Once", stream: false });
    const answer = await fetch(`${apiUrl}/api/generate`, { method: "POST", body });
    expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ done: true })]);
    const { guests } = (await (await fetch(`${apiUrl}/flock/v1/network`)).json()) as { guests: unknown };
    expect(guests).toEqual({ requests_per_minute: 60, completion_tokens_max: 1_024 });
    expect(statSync(join(dataDir, "guest-key")).mode & 0o077).toBe(0);
  }, 60_000);

  it("refuses a second launcher on the same data directory, naming the first", async () => {
    const second = startLocalMesh({ dataDir: mesh.state.dataDir });
    await expect(second).rejects.toThrow(`another launcher (process ${mesh.launcherPid}) is running`);
    const { apiUrl, apiKey } = mesh.state;
    const response = await fetch(`${apiUrl}/api/tags`, { headers: { authorization: `Bearer ${apiKey}` } });
    expect(response.status).toBe(200);
  }, 60_000);

  it("refuses parameters that are not legal, naming them", async () => {
    const args = ["--parameters", '{"workerShareBps":10000}'];
    const other = startLocalMesh({ dataDir: join(directory.path, "illegal"), args });
    await expect(other).rejects.toThrow("workerShareBps");
  }, 60_000);

  it("refuses a port that is taken, naming it", async () => {
    const { port } = new URL(mesh.state.apiUrl);
    const other = startLocalMesh({ dataDir: join(directory.path, "clash"), args: ["--api-port", port] });
    await expect(other).rejects.toThrow(`port ${port} (--api-port) is already in use`);
  }, 60_000);

  it("starts what was killed again and keeps local.json current", async () => {
    const [before = 0] = mesh.state.pids.router;
    process.kill(before, "SIGKILL");
    await eventually("the router is back", () => {
      const [now] = mesh.currentState().pids.router;
      return now !== undefined && now !== before;
    });
    expect(mesh.output()).toMatch(
      /router ended \(SIGKILL\); starting it again in 100 ms; log: \S+router\.log/,
    );
  }, 60_000);

  it(
    "stops without a trace, and continues on the same data with the same key and addresses",
    async () => {
      const { state } = mesh;
      const guestKey = readFileSync(join(state.dataDir, "guest-key"), "utf8");
      const pids = Object.values(mesh.currentState().pids).flat();
      expect(await mesh.stop()).toBe(0);
      await untilGone(pids);
      expect(existsSync(join(state.dataDir, "local.json"))).toBe(false);
      mesh = await startLocalMesh({ dataDir: state.dataDir, args: SMALL });
      expect(mesh.state).toMatchObject({
        apiKey: state.apiKey,
        apiUrl: state.apiUrl,
        grpcAddress: state.grpcAddress,
        natsUrl: state.natsUrl,
      });
      expect(readFileSync(join(state.dataDir, "guest-key"), "utf8")).toBe(guestKey);
    },
    START_MS,
  );
});
