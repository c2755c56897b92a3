import {
  createFlock,
  type Flock,
  FlockAnswerError,
  FlockApiError,
  FlockConnectionError,
  newRequestId,
} from "@flockollamas/sdk";
import { answer, hangUp, ScriptedServer } from "./scripted-server.js";

const EPOCH = {
  number: 3,
  state: "closed",
  starts_at: "2026-11-22T00:00:00.000Z",
  ends_at: null,
  closes_at: null,
  parameters_version: 1,
  statement_root: null,
  statement_lines: null,
  anchor_signature: null,
};
const STAKED = { id: "x", stake_micro: "9007199254740993", available_micro: "-1" };
const busy = (retryAfterMs: number) =>
  answer(503, { error: { code: "unavailable", message: "busy", retry_after_ms: retryAfterMs } });

describe("a call of the client", () => {
  let server: ScriptedServer;
  let flock: Flock;
  beforeAll(async () => {
    server = await ScriptedServer.start();
    flock = createFlock({ url: `${server.url}/`, token: () => "flk_test" });
  });
  afterAll(() => server.stop());

  it("shows its token, and reads what it knows: exact amounts, and fields of a later version left out", async () => {
    server.next(answer(200, { ...STAKED, colour: "blue" }));
    const staked = await flock.stakes.stake({ amountMicro: 12n });
    expect(staked).toEqual({ id: "x", stakeMicro: 9007199254740993n, availableMicro: -1n });
    expect(server.requests[0]?.headers.authorization).toBe("Bearer flk_test");
    await flock.withToken(undefined).stakes.stake({ amountMicro: 12n });
    expect(server.requests[1]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ["a field of another type", { ...EPOCH, number: "3" }, "number"],
    ["a field that is missing", { ...EPOCH, parameters_version: undefined }, "parameters_version"],
    ["a time that is none", { ...EPOCH, starts_at: "yesterday" }, "starts_at"],
    ["a list instead of an object", [EPOCH], ""],
    ["what is not JSON", "<html>", ""],
  ])("refuses %s, and names it", async (_what, body, field) => {
    server.next(answer(200, body));
    const failure = await flock.epochs.get(3).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(FlockAnswerError);
    expect(failure).toMatchObject({ field, requestId: "r-1" });
    expect(server.asked).toEqual(["GET /flock/v1/epochs/3"]);
  });

  it("names the row of a list that is wrong", async () => {
    server.next(answer(200, { epochs: [EPOCH, { ...EPOCH, state: null }], next_cursor: null }));
    await expect(flock.epochs.list().page()).rejects.toMatchObject({ field: "epochs[1].state" });
  });

  it("takes a state that only a later version knows for unknown", async () => {
    server.next(answer(200, { ...EPOCH, state: "audited" }));
    expect((await flock.epochs.get(3)).state).toBe("unknown");
  });

  it("throws what the network says, with its facts", async () => {
    const error = { code: "insufficient_funds", message: "too little", needed_micro: "5", held_micro: "2" };
    server.next(answer(402, { error }));
    const failure = await flock.account.get().catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(FlockApiError);
    expect(failure).toMatchObject({
      code: "insufficient_funds",
      status: 402,
      message: "too little",
      requestId: "r-1",
      retryAfterMs: undefined,
      details: { neededMicro: 5n, heldMicro: 2n },
    });
  });

  it("tells a proxy's words from the network's", async () => {
    server.next(answer(404, "<html>nothing here</html>"));
    await expect(flock.account.get()).rejects.toMatchObject({ code: "unknown", status: 404 });
  });

  it("repeats what may be repeated: after the time that the network names, and when nobody answers", async () => {
    server.next(busy(50), hangUp, answer(200, EPOCH));
    const begun = performance.now();
    expect(await flock.epochs.get(3)).toMatchObject({ number: 3 });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(50);
    expect(server.asked).toHaveLength(3);
  });

  it("repeats a request that has an id of its own, under that id", async () => {
    const sent: string[] = [];
    const collecting =
      (handler: ReturnType<typeof answer>): ReturnType<typeof answer> =>
      (request, response) => {
        request.setEncoding("utf8").on("data", (text: string) => sent.push(text));
        request.on("end", () => handler(request, response));
      };
    server.next(collecting(busy(1)), collecting(answer(200, STAKED)));
    await flock.stakes.stake({ amountMicro: 12n });
    expect(sent).toHaveLength(2);
    expect(sent[0]).toBe(sent[1]);
    expect(JSON.parse(sent[0] ?? "")).toMatchObject({
      amount_micro: "12",
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    });
    expect(newRequestId()).not.toBe(newRequestId());
  });

  it.each([
    ["what would have another effect", (own: Flock) => own.keys.create({ label: "a" }), busy(1)],
    ["what is refused for good", (own: Flock) => own.account.get(), answer(403, { error: {} })],
    ["what is to wait for longer than anybody would", (own: Flock) => own.account.get(), busy(3_600_000)],
    ["a limit of which nobody says when it is over", (own: Flock) => own.account.get(), answer(429, {})],
  ])("does not repeat %s", async (_what, call, handler) => {
    server.next(handler);
    await expect(call(flock)).rejects.toBeInstanceOf(FlockApiError);
    expect(server.asked).toHaveLength(1);
  });

  it("ends with its caller's reason, also while it waits to be repeated", async () => {
    const aborter = new AbortController();
    server.next((request, response) => {
      busy(9_000)(request, response);
      response.on("finish", () => aborter.abort(new Error("enough")));
    });
    await expect(flock.account.get({ signal: aborter.signal })).rejects.toThrow("enough");
    await expect(flock.account.get({ signal: aborter.signal })).rejects.toThrow("enough");
  });

  it("says that an answer takes too long, also one that has begun", async () => {
    const quick = createFlock({ url: server.url, timeoutMs: 60, retries: 0 });
    server.next(
      () => {},
      (_request, response) => void response.writeHead(200).write("{"),
    );
    for (const _each of [1, 2]) {
      const failure = await quick.account.get().catch((cause: unknown) => cause);
      expect(failure).toBeInstanceOf(FlockConnectionError);
      expect(failure).toMatchObject({ reason: "timeout" });
    }
  });

  it("says that nobody answers", async () => {
    server.next(hangUp);
    const once = createFlock({ url: server.url, retries: 0 });
    await expect(once.account.get()).rejects.toMatchObject({ reason: "unreachable" });
  });
});

describe("a list", () => {
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await ScriptedServer.start();
  });
  afterAll(() => server.stop());
  const page = (numbers: readonly number[], cursor: string | null) =>
    answer(200, { epochs: numbers.map((number) => ({ ...EPOCH, number })), next_cursor: cursor });

  it("asks for a page when somebody gets there, and for none behind the last", async () => {
    server.next(page([3, 2], "c1"), page([1], null));
    const found: number[] = [];
    for await (const { number } of createFlock({ url: server.url }).epochs.list()) {
      found.push(number);
      expect(server.asked).toHaveLength(number === 1 ? 2 : 1);
    }
    expect(found).toEqual([3, 2, 1]);
    expect(server.asked[1]).toBe("GET /flock/v1/epochs?cursor=c1");
  });

  it("does not go in a circle", async () => {
    server.next(page([3], "c1"));
    const all = async () => {
      for await (const _each of createFlock({ url: server.url }).epochs.list());
    };
    await expect(all()).rejects.toMatchObject({ field: "next_cursor" });
  });
});
