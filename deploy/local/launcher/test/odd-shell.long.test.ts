import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { freePort, REPOSITORY_ROOT } from "@flock/provision";
import {
  createTestDirectory,
  eventually,
  startTestPostgres,
  type TestDirectory,
} from "@flock/provision/testing";
import { startLocalMesh } from "../src/local-mesh.js";
import { readLocalState } from "../src/local-state.js";
import { untilGone } from "./fixture-mesh.js";

const START_MS = 180_000;
const SMALL = ["--workers", "1", "--worker-slots", "1", "--no-chain"];

/** Each would have stopped a part, or led it astray, if it had been passed on. */
const ODD_SHELL = {
  NODE_ENV: "production",
  LOG_LEVEL: "INFO",
  PGSSLMODE: "require",
  PGOPTIONS: "-c default_transaction_read_only=on",
  PGHOST: "db.invalid",
  PGDATA: "/nowhere",
  PGCLIENTENCODING: "nonsense",
  LC_ALL: "xx_YY",
  TZ: "Nowhere/Never",
  TMPDIR: "/nowhere",
  GOMAXPROCS: "nonsense",
  API_PORT: "80",
  API_HOST: "192.0.2.1",
  API_JOB_TIMEOUT_MS: "soon",
  HEALTH_PORT: "1",
  WORKER_SLOTS: "many",
  DRAIN_TIMEOUT_MS: "soon",
  ENGINE_ROOM: "1",
  CHAIN_ID: "1",
  HTTP_PROXY: "http://127.0.0.1:9",
  NODE_USE_ENV_PROXY: "1",
};

/** The whole launcher with the built services, in shells that hold what they should not. */
describe("the local launcher in an odd shell", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(() => directory.remove());

  type Launched = ChildProcessByStdio<null, Readable, Readable>;

  /** Without any option that would keep it from looking for an Ollama. */
  async function launch(dataDir: string, environment: Readonly<Record<string, string>>): Promise<Launched> {
    const ports = await Promise.all(
      ["api", "grpc", "nats", "postgres", "engine", "bridge"].map(async (part) => [
        `--${part}-port`,
        `${await freePort()}`,
      ]),
    );
    const program = join(REPOSITORY_ROOT, "deploy/local/launcher/dist/main.js");
    const { PATH, HOME } = process.env;
    return spawn(process.execPath, [program, "--data-dir", dataDir, ...SMALL, ...ports.flat()], {
      env: { PATH, HOME, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  it(
    "answers all the same",
    async () => {
      const dataDir = join(directory.path, "odd");
      const mesh = await startLocalMesh({ dataDir, args: [...SMALL, "--no-chain"], environment: ODD_SHELL });
      const { apiUrl, apiKey, model } = mesh.state;
      const response = await fetch(`${apiUrl}/api/generate`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, origin: "http://localhost:3000" },
        body: JSON.stringify({ model, prompt: "Once upon a time", stream: false }),
      });
      expect(await response.json()).toMatchObject({ done: true });
      // Pages of this machine may ask, as they may ask an Ollama on it.
      expect(response.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
      expect(await mesh.stop()).toBe(0);
    },
    START_MS,
  );

  it(
    "says that nothing answers at OLLAMA_HOST, and again when it is ready with the embedded engine",
    async () => {
      const host = `127.0.0.1:${await freePort()}`;
      const launcher = await launch(join(directory.path, "silent"), { OLLAMA_HOST: host });
      const exited = once(launcher, "exit");
      let output = "";
      launcher.stdout.on("data", (chunk) => {
        output += chunk;
      });
      await eventually("READY", () => output.includes("Stop with Ctrl-C"), { timeoutMs: START_MS });
      const sentence = `OLLAMA_HOST names http://${host}, but nothing listens there: the embedded engine is used instead`;
      expect(output.split(sentence)).toHaveLength(3);
      expect(output.indexOf(sentence)).toBeLessThan(output.indexOf("READY"));
      expect(output).toContain(`Note: ${sentence}`);
      launcher.kill("SIGTERM");
      expect(await exited).toEqual([0, null]);
    },
    START_MS,
  );

  it(
    "uses a PostgreSQL of one's own, with what PostgreSQL's variables say of it",
    async () => {
      const postgres = await startTestPostgres();
      const url = new URL(await postgres.createDatabase());
      const { password } = url;
      url.password = "";
      const launcher = await launch(join(directory.path, "own"), {
        DATABASE_URL: url.href,
        PGPASSWORD: password,
      });
      const exited = once(launcher, "exit");
      let output = "";
      launcher.stdout.on("data", (chunk) => {
        output += chunk;
      });
      await eventually("READY", () => output.includes("Stop with Ctrl-C"), { timeoutMs: START_MS });
      expect(output).toContain(
        "DATABASE_URL is set: its PostgreSQL is used, completed by PGPASSWORD, and none is",
      );
      expect(output).not.toContain("postgres ready");
      launcher.kill("SIGTERM");
      expect(await exited).toEqual([0, null]);
      await postgres.stop();
    },
    START_MS,
  );

  it(
    "goes on when nobody reads what it prints, says so where somebody may look, and stops as ever",
    async () => {
      const dataDir = join(directory.path, "unread");
      const launcher = await launch(dataDir, {});
      const exited = once(launcher, "exit");
      let errors = "";
      launcher.stderr.on("data", (chunk) => {
        errors += chunk;
      });
      await once(launcher.stdout, "data");
      launcher.stdout.destroy();
      const state = await eventually("the mesh", () => readLocalState(join(dataDir, "local.json")), {
        timeoutMs: START_MS,
      });
      expect(errors).toBe(
        `nobody reads the output any more; the mesh goes on. Stop it with Ctrl-C or: kill ${launcher.pid}\n`,
      );
      launcher.kill("SIGTERM");
      expect(await exited).toEqual([0, null]);
      await untilGone(Object.values(state.pids).flat());
      expect(existsSync(join(dataDir, "local.json"))).toBe(false);
    },
    START_MS,
  );

  it.each([
    [{ OLLAMA_HOST: "ftp://gpu" }, "OLLAMA_HOST: an Ollama is reached by http or https, not by ftp"],
    [
      { NATS_URL: "nats://127.0.0.1:9" },
      "NATS_URL is set, and no NATS listens at 127.0.0.1:9 (ECONNREFUSED)",
    ],
    [{ DATABASE_URL: "postgres://u:p@127.0.0.1:9/d" }, "DATABASE_URL is set, and no PostgreSQL listens at"],
  ])(
    "refuses in one sentence what it cannot use: %j",
    async (environment: Record<string, string>, sentence) => {
      const launcher = await launch(join(directory.path, "refused"), environment);
      const exited = once(launcher, "exit");
      let errors = "";
      launcher.stderr.on("data", (chunk) => {
        errors += chunk;
      });
      expect(await exited).toEqual([1, null]);
      expect(errors.trim().split("\n")).toHaveLength(1);
      expect(errors).toContain(sentence);
    },
  );
});
