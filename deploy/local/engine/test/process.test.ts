import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/* The engine as a process of its own, from built output. */

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves once the output contains a match. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
}

function start(environment: Record<string, string>): Started {
  const child = fork(MAIN, {
    env: { PATH: process.env["PATH"], ENGINE_PORT: "0", ...environment },
    silent: true,
    execArgv: [],
  });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (data: string) => {
      output += data;
    });
  }
  const says = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(output);
      if (match !== null) return match;
      await Promise.race([once(child.stdout ?? child, "data"), once(child, "exit")]);
      if (child.exitCode !== null && pattern.exec(output) === null) throw new Error(`exited: ${output}`);
    }
  };
  return { child, output: () => output, says };
}

const LISTENING = /"url":"(http:[^"]+)","msg":"listening"/;

describe("the engine process", () => {
  it.each([
    ["SIGTERM", (child: ChildProcess) => child.kill("SIGTERM")],
    ["the loss of its parent", (child: ChildProcess) => child.disconnect()],
  ])(
    "serves until %s, finishes what runs, and exits 0",
    async (_reason, stop) => {
      const { child, says } = start({});
      const [, url = ""] = await says(LISTENING);
      const body = JSON.stringify({
        model: "flock-tiny",
        prompt: "Tell me a story about a llama.",
        options: { temperature: 0 },
      });
      const response = await fetch(`${url}/api/generate`, { method: "POST", body });
      const exited = once(child, "exit");
      stop(child);
      expect((await response.text()).trim().split("\n").at(-1)).toContain('"done_reason":"stop"');
      expect(await exited).toEqual([0, null]);
    },
    30_000,
  );

  it("says everything that is wrong with its configuration and exits 1", async () => {
    const { child, output } = start({ ENGINE_SEQUENCES: "many", ENGINE_TYPO: "1" });
    expect(await once(child, "exit")).toEqual([1, null]);
    expect(output()).toMatch(/bad configuration: ENGINE_SEQUENCES: .*; ENGINE_TYPO: no such variable/);
  }, 30_000);

  it("says which model file is missing and exits 1", async () => {
    const { child, output } = start({ ENGINE_MODEL_FILE: "/nowhere/model.gguf" });
    expect(await once(child, "exit")).toEqual([1, null]);
    expect(output()).toContain("the model file /nowhere/model.gguf cannot be read");
  }, 30_000);
});
