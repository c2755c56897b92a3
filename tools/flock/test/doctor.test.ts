import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createIdentity } from "@flock/keys";
import {
  createTestDirectory,
  startTestNats,
  type TestDirectory,
  type TestNats,
} from "@flock/provision/testing";
import { launchAgent, systemdUnit } from "../src/worker-units.js";
import { runHere } from "./run-here.js";

/** An api, a worker, an Ollama and a chain in one: each is asked for other paths. */
class EverybodyElse {
  readonly answers = new Map<string, unknown>();
  dateOffsetMs = 0;
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      const answer = this.answers.get(request.url ?? "");
      response.setHeader("date", new Date(Date.now() + this.dateOffsetMs).toUTCString());
      // What has no answer hangs, as somebody does whose machine is overloaded.
      if (answer === "hang") return;
      response.writeHead(answer === undefined ? 404 : 200);
      response.end(JSON.stringify(answer ?? {}));
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

describe("flock doctor", () => {
  const everybody = new EverybodyElse();
  let directory: TestDirectory;
  let nats: TestNats;
  beforeAll(async () => {
    [directory, nats] = await Promise.all([createTestDirectory(), startTestNats(), everybody.start()]);
  });
  afterAll(async () => {
    await everybody.stop();
    await nats?.stop();
    await directory?.remove();
  });
  beforeEach(() => {
    everybody.dateOffsetMs = 0;
    everybody.answers.clear();
    everybody.answers.set("/api/version", { version: "0.32.0" });
    everybody.answers.set("/api/tags", { models: [{ name: "llama3.2" }] });
    everybody.answers.set("/flock/v1/network", { genesis_hash: "genesis" });
    everybody.answers.set("/flock/v1/status", { payouts: { halted: false } });
    everybody.answers.set("/control/state", { state: "READY" });
    everybody.answers.set("/", { jsonrpc: "2.0", id: 1, result: "genesis" });
  });

  const examined = async (environment: Record<string, string> = {}) => {
    const found = await runHere(
      ["doctor", "--json", "--data-dir", join(directory.path, "none"), "--health-url", everybody.url],
      {
        XDG_CONFIG_HOME: directory.path,
        FLOCK_API_URL: everybody.url,
        OLLAMA_HOST: everybody.url,
        SOLANA_RPC_URL: everybody.url,
        NATS_URL: nats.url,
        ...environment,
      },
    );
    const { ok, checks } = JSON.parse(found.stdout) as {
      ok: boolean;
      checks: { name: string; state: string; found: string; fix?: string }[];
    };
    return { code: found.code, ok, check: (name: string) => checks.find((each) => each.name === name) };
  };

  it("finds nothing wrong where nothing is", async () => {
    const { code, ok, check } = await examined();
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    for (const name of ["Node", "disk", "API", "clock", "NATS", "chain", "payouts", "Ollama", "worker"])
      expect([name, check(name)?.state]).toEqual([name, "ok"]);
    expect(check("wallet file")?.state).toBe("away");
  });

  it("finds what is wrong, says what helps, and ends with 7", async () => {
    const wallet = join(directory.path, "wallet.json");
    await createIdentity(wallet);
    await chmod(wallet, 0o644);
    everybody.dateOffsetMs = 120_000;
    everybody.answers.set("/", { result: "another" });
    everybody.answers.set("/control/state", { state: "PAUSED" });
    everybody.answers.set("/flock/v1/status", { payouts: { halted: true, reason: "a doubt" } });
    everybody.answers.set("/api/tags", { models: [] });
    const { code, ok, check } = await examined({ FLOCK_WALLET: wallet, NATS_URL: "nats://127.0.0.1:1" });
    expect({ code, ok }).toEqual({ code: 7, ok: false });
    const states = Object.fromEntries(
      ["clock", "chain", "NATS", "worker", "payouts", "Ollama", "wallet file"].map((name) => [
        name,
        check(name)?.state,
      ]),
    );
    expect(states).toEqual({
      ...{ clock: "failed", chain: "failed", NATS: "failed" },
      ...{ worker: "warning", payouts: "warning", Ollama: "warning", "wallet file": "warning" },
    });
    expect(check("wallet file")?.fix).toBe(`chmod 600 ${wallet}`);
    // It looks, and changes nothing.
    expect((await stat(wallet)).mode & 0o777).toBe(0o644);
    expect(check("payouts")?.found).toContain("a doubt");
  });

  it("waits three seconds for a check, and for all of them at once", async () => {
    everybody.answers.set("/api/version", "hang");
    everybody.answers.set("/flock/v1/network", "hang");
    const began = performance.now();
    const { check } = await examined();
    expect(check("clock")).toMatchObject({ state: "failed", found: "no answer within 3 s" });
    expect(check("worker")?.state).toBe("ok");
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it("works where there is no network at all", async () => {
    const { code, check } = await examined({ FLOCK_API_URL: "", NATS_URL: "", OLLAMA_HOST: "127.0.0.1:1" });
    expect([code, check("API")?.fix]).toEqual([7, expect.stringContaining("flock up")]);
    expect(check("Ollama")?.state).toBe("away");
  });
});

describe("flock worker install", () => {
  let directory: TestDirectory;
  let environment: Record<string, string>;
  beforeAll(async () => {
    directory = await createTestDirectory();
    const bin = join(directory.path, "bin");
    await mkdir(bin);
    // A stand-in for systemd, which no test may change.
    for (const name of ["systemctl", "journalctl"]) {
      await writeFile(
        join(bin, name),
        `#!/bin/sh\necho "${name} $*" >> ${directory.path}/asked\necho "a line"\n`,
      );
      await chmod(join(bin, name), 0o755);
    }
    environment = { HOME: directory.path, XDG_CONFIG_HOME: "", PATH: `${bin}:${process.env["PATH"]}` };
  });
  afterAll(() => directory.remove());

  const flock = (...args: string[]) =>
    runHere(["worker", ...args, "--data-dir", directory.path], environment, { terminal: { stdout: false } });

  it("writes a service of the user, shows it, starts it, and takes it away again", async () => {
    const file = join(directory.path, ".config/systemd/user/flock-worker.service");
    const args = ["install", "--api-url", "https://api.example", "--slots", "2"];
    const dry = await flock(...args, "--dry-run");
    expect(dry.stdout).toContain("systemctl --user enable flock-worker");
    await expect(readFile(file)).rejects.toThrow("ENOENT");
    const { code, stdout } = await flock(...args);
    const text = await readFile(file, "utf8");
    expect({ code, isShown: stdout.includes(text) }).toEqual({ code: 0, isShown: true });
    expect(text).toMatch(/^ExecStart=".*" ".*cli\/main.js" "--api" "https:\/\/api.example" "--slots" "2"$/m);
    expect((await flock("logs", "--lines", "1")).stdout).toBe("a line\n");
    expect((await flock("uninstall")).code).toBe(0);
    await expect(readFile(file)).rejects.toThrow("ENOENT");
    expect((await flock("uninstall")).code).toBe(4);
    const asked = await readFile(join(directory.path, "asked"), "utf8");
    expect(asked).toContain("systemctl --user restart flock-worker\n");
    expect(asked).toContain("systemctl --user disable --now flock-worker\n");
  });

  it("writes in the languages of systemd and of launchd what somebody typed", () => {
    expect(systemdUnit(["/a b/node", '$HOME "%h\\\n'])).toContain(
      'ExecStart="/a b/node" "$$HOME \\"%%h\\\\\\n"\n',
    );
    expect(launchAgent("l", ["<&>"], "/log")).toContain("<string>&lt;&amp;&gt;</string>");
  });
});
