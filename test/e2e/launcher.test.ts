import { execFile, spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { TestMesh, whole } from "@flock/harness";
import type { LocalState } from "@flock/launcher";
import { identifyProcess } from "@flock/provision";

const run = promisify(execFile);
const ASK = { model: "flock-tiny", prompt: "What is the capital of Peru?", options: { temperature: 0 } };
const ANSWER = "The capital of Peru is Lima.";

/** The arguments of a command line as a POSIX shell reads it: words, and single quotes around what is literal. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/** Does what the curl line does, for machines without curl. */
async function likeCurl(line: string): Promise<string> {
  const [command, url = "", ...options] = shellWords(line);
  expect(command).toBe("curl");
  const header = options[options.indexOf("-H") + 1] ?? "";
  const [name = "", value = ""] = header.split(": ");
  const response = await fetch(url, {
    method: "POST",
    headers: { [name]: value, "content-type": "application/x-www-form-urlencoded" },
    body: options[options.indexOf("-d") + 1] ?? "",
  });
  return response.text();
}

describe("the launcher", () => {
  let mesh: TestMesh;
  let first: LocalState;
  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 1, chain: true, verifier: true });
    first = mesh.state;
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);

  it("prints one line beginning READY, then the URL, the key and the model", () => {
    const lines = mesh.output.split("\n");
    const ready = lines.findIndex((line) => line.startsWith("READY"));
    expect(lines.filter((line) => line.startsWith("READY"))).toHaveLength(1);
    const announced = lines.slice(ready).join("\n");
    for (const fact of [first.apiUrl, first.grpcAddress, first.bridgeAddress, first.apiKey, "flock-tiny"])
      expect(announced).toContain(fact);
  });

  it("prints a curl line that works as it stands", async () => {
    const line = mesh.output.split("\n").find((candidate) => candidate.trim().startsWith("curl "));
    if (line === undefined) throw new Error("no curl line was printed");
    const hasCurl = spawnSync("curl", ["--version"]).status === 0;
    const text = hasCurl ? (await run("sh", ["-c", line])).stdout : await likeCurl(line.trim());
    expect(JSON.parse(text)).toMatchObject({ model: "flock-tiny", done: true, done_reason: "stop" });
  }, 60_000);

  it("writes local.json, closed to others, with the address and the live processes of every part", async () => {
    const services = ["api", "router", "ledger", "treasury", "verifier", "worker", "bridge"];
    const parts = [...services, "engine", "chain", "nats", "postgres"];
    expect(Object.keys(first.pids).sort()).toEqual([...parts].sort());
    for (const pid of Object.values(first.pids).flat()) expect(await identifyProcess(pid)).toBeDefined();
    expect(Object.values(first.pids).map((pids) => pids.length)).toEqual(parts.map(() => 1));
    const { apiUrl, grpcAddress, natsUrl, databaseUrl, ollamaUrl, dataDir, model } = first;
    expect(grpcAddress).toMatch(/^127\.0\.0\.1:[0-9]+$/);
    expect([apiUrl, natsUrl, databaseUrl, ollamaUrl].map((url) => new URL(url).protocol)).toEqual([
      "http:",
      "nats:",
      "postgresql:",
      "http:",
    ]);
    expect({ dataDir, model }).toEqual({ dataDir: mesh.dataDir, model: "flock-tiny:latest" });
    expect(statSync(join(mesh.dataDir, "local.json")).mode & 0o077).toBe(0);
  });

  it("runs beside another mesh on another data directory", async () => {
    const other = await TestMesh.start({ workers: 1 });
    try {
      const pids = Object.values(other.state.pids).flat();
      expect(pids.filter((pid) => Object.values(mesh.state.pids).flat().includes(pid))).toEqual([]);
      const answers = await Promise.all(
        [mesh, other].map(async ({ demo }) => (await whole(demo.generate(ASK))).text),
      );
      expect(answers).toEqual([ANSWER, ANSWER]);
      // A key of one mesh is nobody's in the other.
      const stranger = await fetch(`${other.state.apiUrl}/api/tags`, {
        headers: { authorization: `Bearer ${first.apiKey}` },
      });
      expect(stranger.status).toBe(401);
    } finally {
      await other.stop();
    }
  }, 180_000);

  it("leaves nothing running after Ctrl-C, and goes on with its data at the next start", async () => {
    const { jobId } = await whole(mesh.demo.generate(ASK));
    const { chargeMicro } = await (await mesh.books()).settled(jobId);
    const before = await (await mesh.books()).balance("wallet:demo");
    expect(await mesh.interrupt()).toBe(0);
    await mesh.untilNothingRuns();
    await mesh.startAgain();
    expect(mesh.state.apiKey).toBe(first.apiKey);
    expect(chargeMicro).toBeGreaterThan(0n);
    expect(await (await mesh.books()).balance("wallet:demo")).toBe(before);
    expect((await whole(mesh.demo.generate(ASK))).text).toBe(ANSWER);
  }, 120_000);

  it("leaves nothing running when it is killed itself, and goes on with its data at the next start", async () => {
    const { jobId } = await whole(mesh.demo.generate(ASK));
    await (await mesh.books()).settled(jobId);
    const before = await (await mesh.books()).balance("wallet:demo");
    await mesh.killLauncher();
    await mesh.untilNothingRuns();
    await mesh.startAgain();
    expect(mesh.state.apiKey).toBe(first.apiKey);
    expect(await (await mesh.books()).balance("wallet:demo")).toBe(before);
  }, 120_000);
});
