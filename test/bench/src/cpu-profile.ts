import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "undici";

/** Where Node's inspector listens in a process that was sent SIGUSR1. */
const INSPECTOR_URL = "http://127.0.0.1:9229/json/list";
const OPEN_TIMEOUT_MS = 5_000;
const SAMPLING_INTERVAL_US = 500;

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function and the share (0 to 1) of the busy time that was spent in itself. */
export interface HotFunction {
  readonly where: string;
  readonly share: number;
}

/**
 * Profiles a running Node process while `run` runs, without restarting it: SIGUSR1 opens its inspector (again: no
 * effect). One process at a time, since all would use the same port. Writes a `.cpuprofile` that browsers' developer
 * tools open.
 */
export async function profiled<T>(
  pid: number,
  file: string,
  run: () => Promise<T>,
): Promise<{ result: T; hottest: readonly HotFunction[] }> {
  const inspector = await Inspector.open(pid);
  try {
    await inspector.send("Profiler.enable");
    await inspector.send("Profiler.setSamplingInterval", { interval: SAMPLING_INTERVAL_US });
    await inspector.send("Profiler.start");
    const result = await run();
    // CAST: as the DevTools protocol documents it.
    const { profile } = (await inspector.send("Profiler.stop")) as { profile: CpuProfile };
    await writeFile(file, JSON.stringify(profile));
    return { result, hottest: hottestOf(profile) };
  } finally {
    await inspector.close();
  }
}

class Inspector {
  readonly #socket: WebSocket;
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async open(pid: number): Promise<Inspector> {
    process.kill(pid, "SIGUSR1");
    const deadline = performance.now() + OPEN_TIMEOUT_MS;
    let url: string | undefined;
    while (url === undefined) {
      if (performance.now() > deadline) throw new Error(`the inspector of process ${pid} does not answer`);
      await sleep(50);
      url = await debuggerUrl().catch(() => undefined);
    }
    const socket = new WebSocket(url);
    await once(socket, "open");
    const inspector = new Inspector(socket);
    // CAST: as the DevTools protocol documents it.
    const answer = (await inspector.send("Runtime.evaluate", { expression: "process.pid" })) as {
      result: { value: unknown };
    };
    if (answer.result.value === pid) return inspector;
    await inspector.close();
    throw new Error(
      `the inspector at ${INSPECTOR_URL} is that of process ${answer.result.value}, not of ${pid}`,
    );
  }

  send(method: string, params: object = {}): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      const onMessage = ({ data }: { data: unknown }): void => {
        const reply = JSON.parse(String(data)) as {
          id?: number;
          result?: unknown;
          error?: { message: string };
        };
        if (reply.id !== id) return;
        this.#socket.removeEventListener("message", onMessage);
        if (reply.error === undefined) resolve(reply.result);
        else reject(new Error(`${method}: ${reply.error.message}`));
      };
      this.#socket.addEventListener("message", onMessage);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Leaves the process's inspector open: Node 20 crashes when one is closed and opened again. */
  async close(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }
}

async function debuggerUrl(): Promise<string | undefined> {
  const response = await fetch(INSPECTOR_URL);
  const [target] = (await response.json()) as { webSocketDebuggerUrl?: string }[];
  return target?.webSocketDebuggerUrl;
}

/** Functions by the time spent in themselves, waiting left out; `(program)` is native code such as system calls. */
function hottestOf({ nodes, samples, timeDeltas }: CpuProfile, count = 20): HotFunction[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const spent = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === "(idle)") continue;
    const where = `${frame.functionName || "(anonymous)"} ${frame.url.split("/").slice(-3).join("/")}:${frame.lineNumber + 1}`;
    const delta = timeDeltas[index] ?? 0;
    spent.set(where, (spent.get(where) ?? 0) + delta);
    busy += delta;
  }
  return [...spent]
    .map(([where, time]) => ({ where, share: time / busy }))
    .sort((one, other) => other.share - one.share)
    .slice(0, count);
}
