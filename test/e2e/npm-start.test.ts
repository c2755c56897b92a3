import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ApiClient, eventually, whole } from "@flock/harness";
import type { LocalState } from "@flock/launcher";
import { freePort, identifyProcess, isAlive, type ProcessIdentity, REPOSITORY_ROOT } from "@flock/provision";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";

describe("npm start", () => {
  let directory: TestDirectory;
  let npm: ChildProcess;
  const printed: string[] = [];
  let processes: ProcessIdentity[] = [];
  beforeAll(async () => {
    directory = await createTestDirectory();
    const ports = await Promise.all(
      ["api", "nats", "postgres", "engine"].map(async (part) => [`--${part}-port`, `${await freePort()}`]),
    );
    const options = ["--data-dir", directory.path, "--engine", "--workers", "1", ...ports.flat()];
    // A process group of its own, as a terminal gives to what is started in it.
    npm = spawn("npm", ["start", "--", ...options], {
      cwd: REPOSITORY_ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const input of [npm.stdout, npm.stderr]) {
      if (input !== null) createInterface({ input }).on("line", (line) => printed.push(line));
    }
    const isReady = () => printed.some((line) => line.startsWith("READY"));
    await eventually("READY", () => isReady() || hasEnded(), { timeoutMs: 170_000 });
    if (!isReady()) throw new Error(`npm start ended:\n${printed.join("\n")}`);
    const pids = Object.values(state().pids).flat();
    const found = await Promise.all([...pids, state().launcherPid].map(identifyProcess));
    processes = found.filter((identity) => identity !== undefined);
  }, 180_000);
  afterAll(async () => {
    if (npm?.pid !== undefined && !hasEnded()) process.kill(-npm.pid, "SIGTERM");
    await eventually(
      "everything to end",
      async () => !(await Promise.all(processes.map(isAlive))).includes(true),
    );
    await directory?.remove();
  }, 60_000);

  function hasEnded(): boolean {
    return npm.exitCode !== null || npm.signalCode !== null;
  }

  function state(): LocalState {
    return JSON.parse(readFileSync(join(directory.path, "local.json"), "utf8")) as LocalState;
  }

  it("needs no other command: the mesh that it brings up answers", async () => {
    const { apiUrl, apiKey, model } = state();
    const request = { model, prompt: "What is the capital of Peru?", options: { temperature: 0 } };
    expect((await whole(new ApiClient(apiUrl, apiKey).generate(request))).text).toBe(
      "The capital of Peru is Lima.",
    );
  }, 60_000);

  it("ends with everything that it started when Ctrl-C is pressed in its terminal", async () => {
    expect(processes.length).toBeGreaterThanOrEqual(8);
    const exited = once(npm, "exit");
    process.kill(-(npm.pid ?? 0), "SIGINT");
    await exited;
    await eventually(
      "everything to end",
      async () => !(await Promise.all(processes.map(isAlive))).includes(true),
    );
  }, 60_000);
});
