import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, reservePort } from "@flock/provision";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";

/* The chain as a process of its own, from built output. */

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
let child: ChildProcess | undefined;
let directory: TestDirectory;
beforeEach(async () => {
  directory = await createTestDirectory();
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await directory.remove();
});

async function start(environment: Record<string, string>) {
  let port = await freePort();
  while (!(await reservePort(port + 1))) port = await freePort();
  const started = fork(MAIN, {
    env: { CHAIN_PORT: String(port), CHAIN_DATA_DIR: join(directory.path, "chain"), ...environment },
    silent: true,
    execArgv: [],
  });
  child = started;
  let output = "";
  for (const stream of [started.stdout, started.stderr]) {
    stream?.setEncoding("utf8").on("data", (data: string) => {
      output += data;
    });
  }
  const exited = once(started, "exit");
  const url = `http://127.0.0.1:${port}`;
  const ready = async () => {
    while (!output.includes(`"url":"${url}"`)) await once(started.stdout ?? started, "data");
  };
  return { child: started, exited, ready, url, output: () => output };
}

async function slotOf(url: string): Promise<number> {
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "getSlot",
    params: [{ commitment: "processed" }],
  });
  const headers = { "Content-Type": "application/json", Connection: "close" };
  const { result } = (await (await fetch(url, { method: "POST", headers, body })).json()) as {
    result: number;
  };
  return result;
}

describe("the chain process", () => {
  it.each([
    ["SIGTERM", (process: ChildProcess) => process.kill("SIGTERM")],
    ["the loss of its parent", (process: ChildProcess) => process.disconnect()],
  ])("makes slots in real time until %s, and exits 0", async (_reason, stop) => {
    const { child: started, exited, ready, url } = await start({ CHAIN_SLOT_MS: "20" });
    await ready();
    const first = await slotOf(url);
    while ((await slotOf(url)) < first + 5);
    stop(started);
    expect(await exited).toEqual([0, null]);
  });

  it("listens on loopback only", async () => {
    const { exited, output } = await start({ CHAIN_HOST: "0.0.0.0" });
    expect(await exited).toEqual([1, null]);
    expect(output()).toContain("the local chain listens on loopback only");
  });

  it("says everything that is wrong with its configuration and exits 1", async () => {
    const { exited, output } = await start({ CHAIN_SLOT_MS: "often", CHAIN_TYPO: "1", CHAIN_DATA_DIR: "" });
    expect(await exited).toEqual([1, null]);
    expect(output()).toMatch(
      /bad configuration: CHAIN_DATA_DIR: .*; CHAIN_SLOT_MS: .*; CHAIN_TYPO: no such variable/,
    );
  });
});
