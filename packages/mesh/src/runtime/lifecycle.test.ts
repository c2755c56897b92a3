import { FlockError } from "@flock/errors";
import { createLogger, createMetrics } from "@flock/observability";
import {
  type CreateService,
  type Part,
  type RunningService,
  type Runtime,
  type ServiceOptions,
  startService,
} from "./lifecycle.js";
import { SteppedClock } from "./stepped-clock.js";

/* The lifecycle of a service, on fake parts and resources that write down what happens to them. */

const CONFIG = { NATS_URL: "nats://127.0.0.1:1", DRAIN_TIMEOUT_MS: 30_000 };

let events: string[];
let logs: string[];
beforeEach(() => {
  events = [];
  logs = [];
});

function start(create: CreateService<typeof CONFIG>, options: Partial<ServiceOptions> = {}, config = CONFIG) {
  const logger = createLogger("fake", "info", { write: (line) => void logs.push(line) });
  return startService(create, config, {
    name: "fake",
    logger,
    meter: createMetrics("fake").meter,
    ...options,
  });
}

function startParts(parts: readonly Part[], config = CONFIG): RunningService {
  return start(async () => parts, {}, config);
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** Runs until it is stopped; then does `ending`. */
function fakePart(name: string, ending: () => Promise<void> = async () => {}): Part {
  return {
    name,
    async start(stop) {
      events.push(`${name} starts`);
      await aborted(stop);
      await ending();
      events.push(`${name} ends`);
    },
  };
}

/** A part that ends or fails when its test says so, stopped or not. */
class LooseFakePart implements Part {
  end: () => void = () => {};
  fail: (error: Error) => void = () => {};

  constructor(readonly name: string) {}

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
  }
}

const fakeResource = (name: string) => ({ close: () => void events.push(`${name} closes`) });

const statesLogged = (): unknown[] =>
  logs.map((line) => JSON.parse(line)["state"]).filter((state) => state !== undefined);

describe("a service that is started", () => {
  it("starts its parts in order, and stops them and closes its resources in the reverse order", async () => {
    const service = start(async (_, runtime) => {
      runtime.open(fakeResource("database"));
      runtime.open(fakeResource("connection"));
      return [fakePart("first"), fakePart("second")];
    });
    await service.started;
    expect(events).toEqual(["first starts", "second starts"]);
    await service.stop("the test is over");
    expect(events.slice(2)).toEqual(["second ends", "first ends", "connection closes", "database closes"]);
    await expect(service.exited).resolves.toEqual({ reason: "the test is over", error: undefined });
  });

  it("stops a part only when those that were started after it have ended", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const service = startParts([fakePart("first"), fakePart("second", () => held)]);
    await service.started;
    const stopped = service.stop();
    await new Promise((resolve) => setImmediate(resolve));
    expect(events).toEqual(["first starts", "second starts"]);
    release();
    await stopped;
    expect(events.slice(2)).toEqual(["second ends", "first ends"]);
  });

  it("logs each change of its state, with the reason of its end", async () => {
    const service = startParts([fakePart("only")]);
    await service.started;
    expect(service.state).toBe("ready");
    await service.stop("enough");
    expect(statesLogged()).toEqual(["starting", "ready", "draining", "stopped"]);
    expect(logs.at(-1)).toContain('"reason":"enough"');
  });

  it("lists as not ready its state until it runs, then what its parts lack, then its state again", async () => {
    let lack: string | undefined = "catalogue not read yet";
    const service = startParts([
      { ...fakePart("lacking"), notReady: () => lack },
      { ...fakePart("other"), notReady: () => "not listening" },
      fakePart("silent"),
    ]);
    expect(service.notReady()).toEqual(["starting"]);
    await service.started;
    expect(service.notReady()).toEqual(["catalogue not read yet", "not listening"]);
    lack = undefined;
    expect(service.notReady()).toEqual(["not listening"]);
    await service.stop();
    expect(service.notReady()).toEqual(["stopped"]);
  });

  it("asks a part that is a class for its readiness as a method of it", async () => {
    class Reader extends LooseFakePart {
      readonly #lack = "nothing read";
      notReady(): string {
        return this.#lack;
      }
    }
    const reader = new Reader("reader");
    const service = startParts([reader]);
    await service.started;
    expect(service.notReady()).toEqual(["nothing read"]);
    const stopped = service.stop();
    reader.end();
    await stopped;
  });

  it("gives its parts the clock and the identifiers that it was started with, else real ones", async () => {
    const clock = new SteppedClock(1_000);
    const runtimes: Runtime[] = [];
    const create: CreateService<typeof CONFIG> = async (_, runtime) => {
      runtimes.push(runtime);
      return [];
    };
    await start(create, { clock, newId: () => "id-1" }).stop();
    await start(create).stop();
    const [injected, real] = runtimes;
    expect([injected?.clock.unixMs(), injected?.newId()]).toEqual([1_000, "id-1"]);
    expect(Math.abs((real?.clock.unixMs() ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(real?.newId()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("stops in order when one of its parts asks for it", async () => {
    let runtime: Runtime | undefined;
    const service = start(async (_, given) => {
      runtime = given;
      return [fakePart("only")];
    });
    await service.started;
    runtime?.stop("its operator asked for a drain");
    await expect(service.exited).resolves.toEqual({
      reason: "its operator asked for a drain",
      error: undefined,
    });
  });

  it("ends once, however often it is stopped, for the reason that was given first", async () => {
    const service = startParts([fakePart("only")]);
    await service.started;
    await Promise.all([service.stop("first"), service.stop("second")]);
    await service.stop("third");
    expect(events).toEqual(["only starts", "only ends"]);
    await expect(service.exited).resolves.toMatchObject({ reason: "first" });
  });
});

describe("a service of which a part fails", () => {
  it("stops the rest in order, and ends with that failure", async () => {
    const loose = new LooseFakePart("loose");
    const failure = new Error("broken");
    const service = start(async (_, runtime) => {
      runtime.open(fakeResource("database"));
      return [fakePart("first"), loose, fakePart("last")];
    });
    await service.started;
    loose.fail(failure);
    await expect(service.exited).resolves.toEqual({ reason: "loose failed", error: failure });
    expect(events.slice(2)).toEqual(["last ends", "first ends", "database closes"]);
    expect(statesLogged()).toEqual(["starting", "ready", "draining", "failed"]);
    await expect(service.stop()).rejects.toBe(failure);
  });

  it("ends with the first failure, also if others follow while it stops", async () => {
    const loose = new LooseFakePart("loose");
    const later = fakePart("later", () => Promise.reject(new Error("failed while stopping")));
    const service = startParts([later, loose]);
    await service.started;
    loose.fail(new Error("the first"));
    const { error } = await service.exited;
    expect(error).toMatchObject({ message: "the first" });
    expect(logs.join()).toContain("failed while stopping");
  });

  it("fails when a part fails while it is stopped, and stops and closes the rest all the same", async () => {
    const service = start(async (_, runtime) => {
      runtime.open(fakeResource("database"));
      return [fakePart("first"), fakePart("bad", () => Promise.reject(new Error("lost")))];
    });
    await service.started;
    await expect(service.stop("enough")).rejects.toThrow("lost");
    expect(events.slice(2)).toEqual(["first ends", "database closes"]);
    await expect(service.exited).resolves.toMatchObject({ reason: "enough" });
  });

  it("fails when a part throws as it is started, starts none after it, and stops those before", async () => {
    const throwing: Part = {
      name: "throwing",
      start: () => {
        throw new Error("no such port");
      },
    };
    const service = startParts([fakePart("first"), throwing, fakePart("never")]);
    await expect(service.started).rejects.toThrow("no such port");
    await expect(service.exited).resolves.toMatchObject({ reason: "throwing failed" });
    expect(events).toEqual(["first starts", "first ends"]);
    expect(service.state).toBe("failed");
  });

  it("fails when a part ends by itself: nothing runs half", async () => {
    const loose = new LooseFakePart("loose");
    const service = startParts([fakePart("first"), loose]);
    await service.started;
    loose.end();
    const { reason, error } = await service.exited;
    expect(reason).toBe("loose ended");
    expect(error).toEqual(new FlockError("internal", "loose ended, and nobody had stopped it"));
    expect(events).toEqual(["first starts", "first ends"]);
  });

  it("does not blame a part that ends while those after it are being stopped", async () => {
    const loose = new LooseFakePart("loose");
    const service = startParts([loose, fakePart("last", async () => loose.end())]);
    await service.started;
    await service.stop();
    expect(service.state).toBe("stopped");
  });

  it("closes all of its resources, also when one of them cannot be closed", async () => {
    const service = start(async (_, runtime) => {
      runtime.open(fakeResource("database"));
      runtime.open({ close: () => Promise.reject(new Error("stuck")) });
      return [];
    });
    await service.started;
    await expect(service.stop()).rejects.toThrow("stuck");
    expect(events).toEqual(["database closes"]);
  });
});

describe("a service that does not drain in time", () => {
  it("fails with an error that names the bound and what it waited for, and aborts the rest", async () => {
    const stuck = new LooseFakePart("stuck");
    const first = fakePart("first");
    const service = startParts([first, stuck], { ...CONFIG, DRAIN_TIMEOUT_MS: 20 });
    await service.started;
    await expect(service.stop("enough")).rejects.toMatchObject({
      code: "deadline_exceeded",
      message: "the drain did not end within 20 ms: waited for stuck",
    });
    expect(events).toEqual(["first starts", "first ends"]);
    expect(service.state).toBe("failed");
  });

  it("fails when a resource takes too long to close", async () => {
    const service = start(
      async (_, runtime) => {
        runtime.open({ close: () => new Promise<void>(() => {}) });
        return [];
      },
      {},
      { ...CONFIG, DRAIN_TIMEOUT_MS: 20 },
    );
    await service.started;
    await expect(service.stop()).rejects.toThrow("waited for a resource to close");
  });
});

describe("a service that is stopped, or fails, while it starts", () => {
  it("ends at once, without a failure, and closes what it has opened", async () => {
    const service = start(async (_, runtime) => {
      runtime.open(fakeResource("database"));
      return await new Promise<never>(() => {});
    });
    await service.stop("enough");
    expect(events).toEqual(["database closes"]);
    expect(service.state).toBe("stopped");
    await expect(service.started).rejects.toMatchObject({ code: "cancelled" });
  });

  it("starts no part, and keeps nothing that is opened after that", async () => {
    let create = () => {};
    let opened: unknown;
    const service = start(async (_, runtime) => {
      await new Promise<void>((resolve) => {
        create = resolve;
      });
      try {
        runtime.open(fakeResource("late"));
      } catch (error) {
        opened = error;
      }
      return [fakePart("never")];
    });
    await service.stop("enough");
    create();
    await new Promise((resolve) => setImmediate(resolve));
    expect(events).toEqual(["late closes"]);
    expect(opened).toMatchObject({ code: "cancelled", message: "the service stops: enough" });
  });

  it("gives up its first connection to NATS", async () => {
    const service = start((_, runtime) => runtime.connect().then(() => []));
    await service.stop("enough");
    expect(service.state).toBe("stopped");
  });

  it("fails with what building it threw, and closes what it had opened", async () => {
    const service = start(async (_, runtime) => {
      runtime.open(fakeResource("database"));
      throw new FlockError("unavailable", "no database");
    });
    await expect(service.started).rejects.toThrow("no database");
    await expect(service.exited).resolves.toMatchObject({
      reason: "the service did not start",
      error: { message: "no database" },
    });
    expect(events).toEqual(["database closes"]);
    expect(statesLogged()).toEqual(["starting", "draining", "failed"]);
  });
});
