import { EventEmitter, once } from "node:events";
import { FlockError } from "@flock/errors";
import { readServiceEnvironment } from "./config.js";
import type { CreateService, Part } from "./lifecycle.js";
import { FinalFailure, runService } from "./run-service.js";

/** A process in which nothing ends: it keeps the codes that it was to exit with. */
class FakeProcess extends EventEmitter {
  readonly codes: number[] = [];

  constructor(readonly channel?: object) {
    super();
  }

  exit(code: number): never {
    this.codes.push(code);
    this.emit("exited");
    return undefined as never;
  }
}

const readConfig = () =>
  readServiceEnvironment("FAKE_", {}, { LOG_LEVEL: "silent", DRAIN_TIMEOUT_MS: "5000" });

/** Runs a service with this part until it has started; `exited` settles at its end. */
async function run(host: FakeProcess, part: Partial<Part> = {}): Promise<{ exited: Promise<unknown> }> {
  let onStarted = () => {};
  const started = new Promise<void>((resolve) => {
    onStarted = resolve;
  });
  const untilStopped: Part = {
    name: "until it is stopped",
    start: (stop) => once(stop, "abort").then(() => {}),
  };
  const create: CreateService<ReturnType<typeof readConfig>> = async () => {
    onStarted();
    return [{ ...untilStopped, ...part }, untilStopped];
  };
  const exited = runService("fake", readConfig, create, host);
  await started;
  // What the service has returned is started by now.
  await new Promise((resolve) => setImmediate(resolve));
  return { exited };
}

describe("a service that runs as a process", () => {
  it.each(["SIGTERM", "SIGINT"])("drains at %s and exits with 0", async (signal) => {
    const host = new FakeProcess();
    const { exited } = await run(host);
    host.emit(signal);
    await exited;
    expect(host.codes).toEqual([0]);
  });

  it("exits with the code of a failure that has its own", async () => {
    const host = new FakeProcess();
    const refused = new FinalFailure(3, new FlockError("permission_denied", "banned"));
    const { exited } = await run(host, { start: () => Promise.reject(refused) });
    await exited;
    expect(host.codes).toEqual([3]);
  });

  it("exits at once with 130 at a second signal, of whatever kind, while it drains", async () => {
    const host = new FakeProcess();
    let end = () => {};
    const { exited } = await run(host, {
      start: () =>
        new Promise((resolve) => {
          end = resolve;
        }),
    });
    host.emit("SIGTERM");
    expect(host.codes).toEqual([]);
    host.emit("SIGINT");
    expect(host.codes).toEqual([130]);
    end();
    await exited;
  });

  it("exits with 1 when a part fails", async () => {
    const host = new FakeProcess();
    const { exited } = await run(host, { start: () => Promise.reject(new Error("broken")) });
    await exited;
    expect(host.codes).toEqual([1]);
  });

  it("exits with 2 when its configuration is bad, and starts nothing", async () => {
    const host = new FakeProcess();
    const read = () => readServiceEnvironment("FAKE_", {}, { LOG_LEVEL: "silent", DRAIN_TIMEOUT_MS: "soon" });
    await runService("fake", read, () => Promise.reject(new Error("was started")), host);
    expect(host.codes).toEqual([2]);
    expect(host.eventNames()).toEqual([]);
  });

  it("drains when the launcher that started it is gone", async () => {
    const host = new FakeProcess({});
    const { exited } = await run(host);
    host.emit("disconnect");
    await exited;
    expect(host.codes).toEqual([0]);
  });

  it("takes no loss of a parent for an order if it has none", async () => {
    const host = new FakeProcess();
    const { exited } = await run(host);
    expect(host.listenerCount("disconnect")).toBe(0);
    host.emit("SIGTERM");
    await exited;
  });
});
