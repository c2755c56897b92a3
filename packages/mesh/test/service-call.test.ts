import { FlockError, type FlockErrorCode } from "@flock/errors";
import { createLogger, createMetrics } from "@flock/observability";
import { PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { type FundReply, FundRequest, LEDGER } from "@flock/proto/ledger";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import { headers } from "@nats-io/nats-core";
import { call, connectMesh, type Mesh, method, type Part, serve } from "../src/index.js";

const { fund, unstakes } = LEDGER;
const REQUEST = { version: PROTOCOL_VERSION, transferId: "t", accountId: "alice", amountMicro: 5n };
const REPLY = { version: PROTOCOL_VERSION, availableMicro: 7n };

let nats: TestNats;
let caller: Mesh;
let server: Mesh;
let stop = new AbortController();
let part: Promise<void> | undefined;

beforeAll(async () => {
  nats = await startTestNats();
  const options = { natsUrl: nats.url, logger: createLogger("test", "silent") };
  const connect = (name: string) => connectMesh({ ...options, name, meter: createMetrics("test").meter });
  [caller, server] = await Promise.all([connect("caller"), connect("server")]);
});
afterAll(async () => {
  await caller?.close();
  await server?.close();
  await nats?.stop();
});
afterEach(async () => {
  stop.abort();
  await part;
});

/** Serves one method until the test ends. */
async function serving(handler: Parameters<typeof method<FundRequest, FundReply>>[1]): Promise<void> {
  stop = new AbortController();
  const served: Part = serve(server, "ledger", [method(fund, handler)]);
  part = Promise.resolve(served.start(stop.signal));
  await server.nats.flush();
}

/** Serves a method that throws, and returns what the caller catches. */
async function refusalOf(thrown: unknown): Promise<FlockError> {
  await serving(() => {
    throw thrown;
  });
  return call(caller, fund, REQUEST).then(
    () => {
      throw new Error("it was not refused");
    },
    (error: FlockError) => error,
  );
}

describe("a service call", () => {
  it("with another request or reply than its method's does not compile", () => {
    const incomplete = { version: PROTOCOL_VERSION, transferId: "t", accountId: "alice" };
    const wrong = () => [
      // @ts-expect-error: a field is missing.
      call(caller, fund, incomplete),
      // @ts-expect-error: an amount is a bigint.
      call(caller, fund, { ...incomplete, amountMicro: 5 }),
      // @ts-expect-error: another method's request.
      call(caller, unstakes, REQUEST),
      // @ts-expect-error: the handler forgets a field of its reply.
      method(fund, () => ({ version: PROTOCOL_VERSION })),
      // @ts-expect-error: the handler reads a field that the request has not.
      method(fund, ({ owner }) => ({ ...REPLY, availableMicro: BigInt(owner) })),
    ];
    expect(wrong).toBeInstanceOf(Function); // Never called: what matters is what the compiler says.
  });

  it("brings the request to the service and the reply back", async () => {
    const asked: FundRequest[] = [];
    await serving((request) => {
      asked.push(request);
      return REPLY;
    });
    expect(await call(caller, fund, REQUEST)).toEqual(REPLY);
    expect(asked).toEqual([REQUEST]);
  });

  it.each<[FlockErrorCode, { afterMs: number } | "never"]>([
    ["insufficient_funds", "never"],
    ["resource_exhausted", { afterMs: 250 }],
    ["unavailable", { afterMs: 1_000 }],
  ])("that is refused as %s is refused so at the caller, with the same advice", async (code, retry) => {
    const refusal = await refusalOf(new FlockError(code, "no, for a reason", { retry }));
    expect(refusal).toMatchObject({ code, retry, message: "no, for a reason", details: {} });
  });

  it("that is refused brings the details of the refusal, amounts as decimal strings", async () => {
    const details = { neededMicro: 10n ** 17n, model: "flöck:tiny", tries: 3, isFinal: true };
    const refusal = await refusalOf(new FlockError("insufficient_funds", "too little", { details }));
    expect(refusal.details).toEqual({ ...details, neededMicro: "100000000000000000" });
  });

  it("that is refused with more details than fit a header is refused without them", async () => {
    const details = { text: "x".repeat(4_000) };
    const refusal = await refusalOf(new FlockError("aborted", "again", { details }));
    expect(refusal).toMatchObject({ code: "aborted", message: "again", details: {} });
  });

  it("whose service fails by a fault of its own is told no more than that", async () => {
    const refusal = await refusalOf(new TypeError("secret"));
    expect(refusal).toMatchObject({ code: "internal", message: "internal error", details: {} });
  });

  it("is refused as unavailable where nobody serves it", async () => {
    await serving(() => REPLY);
    const elsewhere = call(caller, unstakes, {
      version: 1,
      owner: "alice",
      cursor: "",
      limit: 1,
    });
    await expect(elsewhere).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("nobody serves it"),
    });
  });

  it("is given up at its deadline, and not begun by a service that finds it later", async () => {
    let begun = 0;
    let release = () => {};
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    await serving(async () => {
      begun += 1;
      await blocked;
      return REPLY;
    });
    await expect(call(caller, fund, REQUEST, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "deadline_exceeded",
    });
    release();
    expect(begun).toBe(1);
    const late = headers();
    late.set("Flock-Deadline-Unix-Ms", String(Date.now() - 1));
    caller.nats.publish(SUBJECTS.service("ledger", "fund"), FundRequest.encode(REQUEST).finish(), {
      headers: late,
    });
    expect(await call(caller, fund, REQUEST)).toEqual(REPLY);
    expect(begun).toBe(2);
  });

  it("that NATS had delivered when the service stopped is answered all the same", async () => {
    let begun = 0;
    await serving(async () => {
      begun += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return REPLY;
    });
    const calls = Array.from({ length: 500 }, () => call(caller, fund, REQUEST));
    await caller.nats.flush(); // NATS has all of them, and has sent them on before it is told of the end.
    stop.abort();
    await part;
    expect(await Promise.all(calls)).toHaveLength(500);
    expect(begun).toBe(500);
  });

  it.each([
    ["no protobuf", new Uint8Array([0xff, 0xff, 0xff])],
    ["a version of the future", FundRequest.encode({ ...REQUEST, version: 99 }).finish()],
  ])("with %s is refused, and never reaches the handler", async (_what, bytes) => {
    let begun = 0;
    await serving(() => {
      begun += 1;
      return REPLY;
    });
    const reply = await caller.nats.request(SUBJECTS.service("ledger", "fund"), bytes, { timeout: 2_000 });
    expect(reply.headers?.get("Flock-Error-Code")).toBe("invalid_argument");
    expect(begun).toBe(0);
  });
});
