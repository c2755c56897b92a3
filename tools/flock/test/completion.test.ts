import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { namesOf } from "../src/completion/names.js";
import { FakeApi } from "../src/transcripts/fake-api.js";
import { runHere, surroundingsHere } from "./run-here.js";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const NAMES = ["flock-tiny:latest", "qwen3:4b", "qwen3:8b", "evil$(touch evil)"];
const named = (...names: string[]) => ({ models: names.map((name) => ({ name })) });

describe("completion", () => {
  const api = new FakeApi();
  let directory: TestDirectory;

  beforeAll(async () => {
    if (!existsSync(MAIN))
      throw new Error('not built: run "npm run build" first ("npm test" does so itself)');
    directory = await createTestDirectory();
    await api.start();
    await mkdir(join(directory.path, "flock"));
  });
  // On a busy machine the network may answer too late for Tab, so both know the same.
  beforeEach(async () => {
    api.answer("GET /models", named(...NAMES));
    await writeFile(join(directory.path, "flock/models.json"), JSON.stringify(NAMES));
  });
  afterAll(async () => {
    await api.stop();
    await directory.remove();
  });

  const environment = () => ({
    XDG_CONFIG_HOME: directory.path,
    XDG_CACHE_HOME: directory.path,
    FLOCK_API_URL: api.url,
  });
  const completed = async (...words: string[]) => {
    const { code, stdout, stderr } = await runHere(["complete", "--", ...words], environment());
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith(":"))
      .map((line) => line.split("\t")[0]);
  };

  it("knows commands, options and choices of every level", async () => {
    expect(await completed("ke")).toEqual(["keys"]);
    expect(await completed("keys", "")).toEqual(["create", "list", "change", "revoke"]);
    expect(await completed("admin", "treasury", "s")).toEqual(["status", "suspense"]);
    expect(await completed("keys", "create", "--bud")).toEqual(["--budget-day", "--budget-month"]);
    expect(await completed("admin", "models", "--nats")).toEqual(["--nats-url", "--nats-credentials"]);
    expect(await completed("completion", "")).toEqual(["bash", "zsh", "fish", "powershell"]);
    expect(await completed("statement", "--of", "v")).toEqual(["vested"]);
    expect(await completed("setup", "o")).toEqual(["open-webui", "ollama"]);
  });

  it("knows models, networks and keys, and offers no name that a shell would run", async () => {
    expect(await completed("run", "")).toEqual(["flock-tiny:latest", "qwen3:4b", "qwen3:8b"]);
    expect(await completed("models", "qwen3:")).toEqual(["qwen3:4b", "qwen3:8b"]);
    await runHere(["context", "set", "work", "--api-url", "http://a"], environment());
    expect(await completed("context", "use", "")).toEqual(["work"]);
    expect(await completed("models", "--context", "w")).toEqual(["work"]);
    await writeFile(join(directory.path, "flock/keys.json"), '["k1"]');
    expect(await completed("keys", "revoke", "")).toEqual(["k1"]);
  });

  it("asks the network for names of models", async () => {
    api.answer("GET /models", named("new"));
    const surroundings = surroundingsHere(environment(), { out: () => {}, err: () => {} });
    expect(await namesOf("models", [], surroundings, 30_000)).toEqual(["new"]);
  });

  it("offers what was heard before when the network does not answer, and nothing at all when all is broken", async () => {
    await writeFile(join(directory.path, "flock/models.json"), '["remembered"]');
    expect(await completed("run", "--api-url", "http://127.0.0.1:1", "")).toEqual(["remembered"]);
    await writeFile(join(directory.path, "flock/models.json"), "{");
    expect(await completed("run", "--api-url", "http://127.0.0.1:1", "")).toEqual([]);
  });

  it("prints a script for each shell, and how to install it on a terminal alone", async () => {
    for (const shell of ["bash", "zsh", "fish", "powershell"]) {
      const { stdout, stderr } = await runHere(["completion", shell], environment());
      expect(stdout).toMatch(/flock.*complete/s);
      expect(stderr).toContain(`flock completion ${shell}`);
      expect(
        (await runHere(["completion", shell], environment(), { terminal: { stdout: false } })).stderr,
      ).toBe("");
    }
    expect((await runHere(["completion", "bassh"], {})).stderr).toContain("did you mean bash?");
  });

  it("works in a bash that somebody types in, without the bash-completion package", async () => {
    const folder = join(directory.path, "bin");
    await mkdir(folder);
    await writeFile(join(folder, "flock"), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    await chmod(join(folder, "flock"), 0o755);
    // A terminal of its own: bash completes for nobody else.
    const bash = spawn("script", ["-qefc", "bash --norc --noprofile -i", "/dev/null"], {
      cwd: directory.path,
      env: {
        ...environment(),
        PATH: `${folder}:${process.env["PATH"]}`,
        TERM: "dumb",
        PS1: "> ",
        HOME: directory.path,
      },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let screen = "";
    bash.stdout.on("data", (bytes) => {
      screen += bytes;
    });
    const ended = new Promise((resolve) => bash.once("close", resolve));
    const until = (text: string) => eventually(`bash to show ${text}`, () => screen.includes(text));
    bash.stdin.write("source <(flock completion bash); source <(flock completion bash); echo re''ady\n");
    await until("ready");
    bash.stdin.write("echo flo''ck; : ; flock mod\t");
    await until("flock models ");
    bash.stdin.write("qwen3:4\t");
    await until("flock models qwen3:4b ");
    bash.stdin.write("\u0015flock models evil\t\u0015flock run $(touch typed) flock-t\t");
    await until("flock-t");
    bash.stdin.write("\u0015exit\n");
    await ended;
    expect(screen).not.toMatch(/qwen3:qwen3|not found|readonly/);
    expect(existsSync(join(directory.path, "evil"))).toBe(false);
    expect(existsSync(join(directory.path, "typed"))).toBe(false);
  });
});
