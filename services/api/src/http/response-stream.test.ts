import { once } from "node:events";
import { createServer, get, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { jest } from "@jest/globals";
import { ResponseStream } from "./response-stream.js";

describe("ResponseStream", () => {
  let server: Server;
  /** The server's side of one request, and what its client has received so far. */
  let raw: ServerResponse;
  let received: string[];
  let ended: Promise<unknown>;

  beforeEach(async () => {
    server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const requested = once(server, "request");
    received = [];
    const { port } = server.address() as AddressInfo;
    ended = new Promise((resolve) => {
      get({ host: "127.0.0.1", port, agent: false }, (response) => {
        response
          .setEncoding("utf8")
          .on("data", (text: string) => received.push(text))
          .on("end", resolve);
      });
    });
    [, raw] = await requested;
  });
  afterEach(async () => {
    jest.useRealTimers();
    server.closeAllConnections();
    server.close();
    // All streams share one timer, of 50 ms at most. The next test is not to find this one's.
    await new Promise((resolve) => setTimeout(resolve, 51));
  });

  const streamOf = (writes: number[]) =>
    new ResponseStream(
      raw,
      {},
      {
        unsentBytesMax: 1_000_000,
        stallTimeoutMs: 10_000,
        onCutOff: () => {},
        onWrite: (pieces) => void writes.push(pieces),
      },
    );

  it("writes the first piece in its own turn, those right behind it together, and the end without delay", async () => {
    const writes: number[] = [];
    const stream = streamOf(writes);
    stream.write("a");
    expect(writes).toEqual([]);
    await new Promise(setImmediate);
    expect(writes).toEqual([1]);
    for (const piece of ["b", "c", "d"]) {
      stream.write(piece);
      await new Promise(process.nextTick);
    }
    stream.end("e");
    await new Promise(setImmediate);
    expect(writes).toEqual([1, 4]);
    await ended;
    expect(received.join("")).toBe("abcde");
  });

  it("writes pieces that wait after a few milliseconds, and pieces after a pause at once", async () => {
    jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
    const writes: number[] = [];
    const stream = streamOf(writes);
    stream.write("a");
    await new Promise(setImmediate);
    stream.write("b");
    stream.write("c");
    await new Promise(setImmediate);
    expect(writes).toEqual([1]);
    jest.advanceTimersByTime(5);
    expect(writes).toEqual([1, 2]);
    jest.advanceTimersByTime(50);
    stream.write("d");
    await new Promise(setImmediate);
    expect(writes).toEqual([1, 2, 1]);
    stream.end("");
    await ended;
    expect(received.join("")).toBe("abcd");
  });

  it("ignores what comes after the end, and everything once the client is gone", async () => {
    const writes: number[] = [];
    const stream = streamOf(writes);
    stream.end("a");
    stream.end("b");
    stream.write("c");
    await ended;
    expect(received.join("")).toBe("a");
    stream.write("d");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(writes).toEqual([1]);
  });
});
