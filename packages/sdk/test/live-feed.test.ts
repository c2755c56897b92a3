import type { ServerResponse } from "node:http";
import { createFlock, FlockAnswerError, FlockApiError, type Frame } from "@flockollamas/sdk";
import { frameEvent } from "./live-frames.js";
import { answer, type Handler, hangUp, ScriptedServer } from "./scripted-server.js";

/** Sends these, and leaves the connection open, or not. */
function frames(seqs: readonly number[], then: (response: ServerResponse) => void = () => {}): Handler {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`: here it comes\n\n${seqs.map(frameEvent).join("")}`, () => then(response));
  };
}

describe("the live feed", () => {
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await ScriptedServer.start();
  });
  afterAll(() => server.stop());
  const live = (...args: Parameters<ReturnType<typeof createFlock>["live"]>) =>
    createFlock({ url: server.url }).live(...args);
  const first = async (feed: AsyncIterable<Frame>, count: number): Promise<number[]> => {
    const found: number[] = [];
    for await (const { seq } of feed) {
      found.push(seq);
      if (found.length === count) break;
    }
    return found;
  };

  it("goes on behind the last frame when the connection is lost, once and in order", async () => {
    server.next(
      frames([7, 8], (response) => response.destroy()),
      hangUp,
      frames([7, 8, 9], (response) => response.end()),
      frames([10]),
    );
    const states: string[] = [];
    expect(await first(live({ onState: (state) => states.push(state) }), 4)).toEqual([7, 8, 9, 10]);
    const resumedAfter = server.requests.map(({ headers }) => headers["last-event-id"]);
    expect(resumedAfter).toEqual([undefined, "8", "8", "9"]);
    expect(states).toEqual(["open", "waiting", "waiting", "open", "waiting", "open"]);
  });

  it("begins behind what is known already", async () => {
    server.next(frames([41, 42]));
    expect(await first(live({ after: 41 }), 1)).toEqual([42]);
    expect(server.requests[0]?.headers["last-event-id"]).toBe("41");
  });

  it("comes again when the network has room for it", async () => {
    const full = answer(503, { error: { code: "unavailable", message: "full", retry_after_ms: 1 } });
    server.next(full, frames([1]));
    expect(await first(live(), 1)).toEqual([1]);
  });

  it("ends without an error when its caller has seen enough, and lets the connection go", async () => {
    const aborter = new AbortController();
    const gone = new Promise<void>((resolve) => {
      server.next((request, response) => {
        response.on("close", resolve);
        frames([1])(request, response);
      });
    });
    for await (const _frame of live({ signal: aborter.signal })) aborter.abort();
    await gone;
  });

  it("throws what is refused for good, and a frame that is none", async () => {
    server.next(answer(403, { error: { code: "permission_denied", message: "no" } }));
    await expect(first(live(), 1)).rejects.toBeInstanceOf(FlockApiError);
    server.next((_request, response) => {
      response.writeHead(200).write('event: frame\ndata: {"at": "2026-11-22T00:00:00.000Z", "seq": "7"}\n\n');
    });
    const failure = await first(live(), 1).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(FlockAnswerError);
    expect(failure).toMatchObject({ field: "seq" });
  });
});
