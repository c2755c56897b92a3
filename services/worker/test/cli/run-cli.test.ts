import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadIdentity } from "@flock/keys";
import { runCli } from "../../src/cli/run-cli.js";
import { FakeProcess } from "./fake-process.js";

const VERSION = "1.2.3";
/** Nobody listens on this port. */
const NOBODY = "127.0.0.1:1";
const API = ["--api", `http://${NOBODY}`];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "flock-worker-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const host = new FakeProcess(environment);
  const code = await runCli(args, host, VERSION);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

describe("flock-worker", () => {
  it.each([["--version"], ["-v"], ["version"]])("says its version: %s", async (word) => {
    expect(await run([word])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
  });

  it.each([["--help"], ["-h"], ["help"]])(
    "explains itself in lines that fit a terminal: %s",
    async (word) => {
      const { code, stdout } = await run([word]);
      expect(code).toBe(0);
      for (const named of ["--api <url>", "--slots <n>", "flock-worker drain"])
        expect(stdout).toContain(named);
      expect(stdout.split("\n").filter((line) => line.length > 110)).toEqual([]);
    },
  );

  it.each([
    [["--slot", "2"], "Unknown option '--slot'"],
    [["--slots"], "Option '--slots <value>' argument missing"],
    [["--api="], "--api is empty"],
    [["dance"], "there is no command dance"],
    [["pause", "resume"], "one command at a time, not resume, too"],
    [[], "which network? flock-worker --api https://api.example"],
  ])("refuses %j in one sentence, with exit code 2", async (args, message) => {
    expect(await run(args)).toEqual({ code: 2, stdout: "", stderr: `flock-worker: ${message}\n` });
  });

  it("tells a fault of a value by the option or the variable that was used", async () => {
    const used = await run([...API, "--slots", "0"]);
    expect(used).toMatchObject({ code: 2, stderr: expect.stringMatching(/^flock-worker: --slots: /) });
    const { stderr } = await run(API, { WORKER_SLOTS: "0" });
    expect(stderr).toMatch(/^flock-worker: WORKER_SLOTS: /);
  });

  it("names a port that somebody has, and what may be the reason", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await run([...API, "--health-port", `${port}`]);
    other.close();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `flock-worker: port ${port} of 127.0.0.1 is taken: does a worker run here already (flock-worker state)? Another one: --health-port <port>\n`,
    });
  });

  it("says what is wrong with a key file, and shows nothing of it", async () => {
    const file = join(directory, "wallet.json");
    await writeFile(file, "secret words");
    const options = [...API, "--key-file", file, "--health-port", "0"];
    const { code, stderr } = await run(options);
    expect(code).not.toBe(0);
    expect(stderr).toContain(`${file} is not a Solana key file`);
    expect(stderr).not.toContain("secret words");
  });

  it("says when there is no place for a key file", async () => {
    await writeFile(join(directory, "file"), "");
    const file = join(directory, "file", "wallet.json");
    const options = [...API, "--key-file", file, "--health-port", "0"];
    const { code, stderr } = await run(options);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^flock-worker: the key file .*wallet\.json cannot be used: .* --key-file <file>\n$/,
    );
  });
});

describe("flock-worker at a terminal", () => {
  /** Runs until the terminal shows `text`, presses Ctrl-C, and resolves when the worker has ended. */
  async function runUntil(text: string, args: readonly string[]) {
    const host = new FakeProcess({ XDG_DATA_HOME: directory });
    const running = runCli([...API, ...args, "--health-port", "0", "--ollama", NOBODY], host, VERSION);
    await Promise.race([until(() => host.stdout.text.includes(text)), running]);
    host.emit("SIGINT");
    await running;
    return { host, shown: host.stdout.text };
  }

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve));
  }

  it("makes a wallet for its user alone, tells its address and what to do, and leaves at Ctrl-C", async () => {
    const file = join(directory, "wallet.json");
    const { host, shown } = await runUntil("service state  state=starting", ["--key-file", file]);
    const { id } = await loadIdentity(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(shown).toContain(
      `flock-worker ${VERSION}\n  worker   ${id}\n  wallet   ${file} (new: keep a copy`,
    );
    expect(shown).toContain(`  paid     ${id}\n  network  http://${NOBODY}\n`);
    expect(shown).toContain(` WARN no API answers at http://${NOBODY}\n`);
    expect(shown).toMatch(/ WARN no Ollama answers at http:\/\/127\.0\.0\.1:1\n +Start it: ollama serve\./);
    expect(shown).toContain("finishing running jobs; Ctrl-C again ends at once");
    expect(shown).toContain("state=stopped  reason=SIGINT");
    expect(host.exitCode).toBe(0);
  });

  it("keeps a wallet that is there, and makes it private", async () => {
    const file = join(directory, "wallet.json");
    await runUntil("state=starting", ["--key-file", file]);
    const before = await readFile(file, "utf8");
    await chmod(file, 0o644);
    const { shown } = await runUntil("state=starting", ["--key-file", file]);
    expect(await readFile(file, "utf8")).toBe(before);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(shown).toContain(`  wallet   ${file}\n`);
  });
});

describe("flock-worker for a worker that runs", () => {
  let worker: Server;
  const asked: string[] = [];
  beforeAll(async () => {
    worker = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.end('{"state":"PAUSED"}');
    }).listen(0, "127.0.0.1");
    await once(worker, "listening");
  });
  afterAll(() => worker.close());

  it.each([
    ["pause", "POST"],
    ["resume", "POST"],
    ["drain", "POST"],
    ["state", "GET"],
  ])("tells it to %s", async (verb, method) => {
    const { port } = worker.address() as AddressInfo;
    const expected = { code: 0, stdout: '{"state":"PAUSED"}\n', stderr: "" };
    expect(await run([verb, "--health-port", `${port}`])).toEqual(expected);
    expect(await run([verb], { HEALTH_PORT: `${port}` })).toEqual(expected);
    expect(asked.splice(0)).toEqual([`${method} /control/${verb}`, `${method} /control/${verb}`]);
  });

  it("says that none runs", async () => {
    const { code, stderr } = await run(["state", "--health-port", "1"]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "flock-worker: no worker answers at http://127.0.0.1:1\n",
    });
  });
});
