import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { eventually } from "@flock/provision/testing";
import { startTestApi, type TestApi } from "./start-test-api.js";

const MIB = 1024 * 1024;
const LIMIT_BYTES = 20 * MIB;
const PIECE = Buffer.alloc(MIB, "x");

/** How a body is framed. */
type Framing = "length" | "chunked";

interface Upload {
  readonly requestLine: string;
  readonly headers?: readonly string[];
  readonly framing?: Framing;
  readonly bytes: number;
}

/** A connection that has been opened, with the head of the request sent. */
async function open(api: TestApi, upload: Upload, allowHalfOpen = false): Promise<Socket> {
  const { requestLine, headers = [], framing, bytes } = upload;
  const socket = connect({ port: api.port, host: "127.0.0.1", allowHalfOpen });
  socket.on("error", () => {});
  socket.pause();
  await once(socket, "connect");
  const length = framing === "chunked" ? "Transfer-Encoding: chunked" : `Content-Length: ${bytes}`;
  socket.write([requestLine, "Host: h", ...headers, length, "", ""].join("\r\n"));
  return socket;
}

/** Resolves when the operating system has taken the bytes, or the connection is gone. */
async function write(socket: Socket, bytes: Buffer | string): Promise<void> {
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
}

/** Sends all of it before it reads anything, as simple clients do; all that came back until the end. */
async function uploadThenRead(api: TestApi, upload: Upload): Promise<string> {
  const socket = await open(api, upload);
  for (let left = upload.bytes; left > 0 && !socket.destroyed; left -= PIECE.length) {
    const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
    if (upload.framing === "chunked") await write(socket, `${piece.length.toString(16)}\r\n`);
    await write(socket, piece);
    if (upload.framing === "chunked") await write(socket, "\r\n");
  }
  if (upload.framing === "chunked") await write(socket, "0\r\n\r\n");
  return readToEnd(socket);
}

async function readToEnd(socket: Socket): Promise<string> {
  let received = "";
  socket.on("data", (bytes) => {
    received += bytes;
  });
  socket.resume();
  if (!socket.destroyed) await once(socket, "close");
  return received;
}

describe("a body that nobody takes, on a connection that ends with its answer", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.stop());

  const key = () => `Authorization: Bearer ${api.apiKey}`;
  const CLOSE = "Connection: close";
  const tooLarge = /^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*"error":"request body too large/i;

  it.each([
    ["one byte above the limit", LIMIT_BYTES + 1, "length"],
    ["one byte above the limit, in chunks", LIMIT_BYTES + 1, "chunked"],
    ["64 MiB", 64 * MIB, "length"],
    ["64 MiB in chunks", 64 * MIB, "chunked"],
    ["300 MiB", 300 * MIB, "length"],
    ["300 MiB in chunks", 300 * MIB, "chunked"],
  ] as const)("%s: the client that writes first reads 413", async (_what, bytes, framing) => {
    const headers = [key(), CLOSE];
    const requestLine = "POST /api/chat HTTP/1.1";
    expect(await uploadThenRead(api, { requestLine, headers, framing, bytes })).toMatch(tooLarge);
  });

  it("costs no memory", async () => {
    const before = process.memoryUsage().rss;
    await uploadThenRead(api, {
      requestLine: "POST /api/chat HTTP/1.1",
      headers: [key(), CLOSE],
      bytes: 300 * MIB,
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MIB);
  });

  it.each([
    ["HTTP/1.0", "POST /api/chat HTTP/1.0", true, [], 413],
    ["no key", "POST /api/chat HTTP/1.1", false, [CLOSE], 401],
    ["no key, HTTP/1.0", "POST /api/generate HTTP/1.0", false, [], 401],
    ["a model pulled", "POST /api/pull HTTP/1.1", true, [CLOSE], 403],
    ["a blob pushed", "POST /api/blobs/sha256:abc HTTP/1.1", true, [CLOSE], 403],
    ["no such path", "POST /nowhere HTTP/1.1", true, [CLOSE], 404],
    ["no such method", "PUT /api/chat HTTP/1.1", true, [CLOSE], 405],
    ["a path that is none", "POST /%zz HTTP/1.1", true, [CLOSE], 400],
    ["a route without a body", "GET /api/version HTTP/1.1", false, [CLOSE], 200],
    ["Expect: 100-continue", "POST /api/chat HTTP/1.1", true, [CLOSE, "Expect: 100-continue"], 413],
  ] as const)("%s, with 100 MiB behind it: answered so that it can be read", async (...row) => {
    const [, requestLine, isKnown, more, status] = row;
    const headers = isKnown ? [key(), ...more] : more;
    const received = await uploadThenRead(api, { requestLine, headers, bytes: 100 * MIB });
    expect(received.replace("HTTP/1.1 100 Continue\r\n\r\n", "")).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} `),
    );
  });

  it("is answered at once, though the client is slow, and however much it has announced", async () => {
    const headers = [key(), CLOSE];
    const upload = { requestLine: "POST /api/chat HTTP/1.1", headers, bytes: 900 * MIB };
    const socket = await open(api, upload, true);
    socket.write("{");
    expect(await readToEndOfAnswer(socket)).toMatch(tooLarge);
    // It goes on sending, having read its answer, and then leaves.
    for (let piece = 0; piece < 30; piece++) await write(socket, PIECE);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it("ends with a drain, which waits for who still sends", async () => {
    const draining = await startTestApi();
    const socket = await open(draining, {
      requestLine: "POST /api/chat HTTP/1.1",
      headers: [`Authorization: Bearer ${draining.apiKey}`, CLOSE],
      bytes: 64 * MIB,
    });
    await write(socket, PIECE);
    await eventually("it is answered", () => draining.logs.some((line) => line["status"] === 413));
    const stopped = draining.stop();
    await eventually("the drain has begun", () => draining.drain.isDraining);
    for (let piece = 1; piece < 64; piece++) await write(socket, PIECE);
    expect(await readToEnd(socket)).toMatch(tooLarge);
    await stopped;
  });
});

describe("a head that is too large", () => {
  it("is answered with 431 that can be read, though all of it is sent first", async () => {
    const api = await startTestApi();
    const socket = connect(api.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.pause();
    await once(socket, "connect");
    await write(socket, "GET /api/tags HTTP/1.1\r\nHost: h\r\nX-Long: ");
    for (let piece = 0; piece < 8 && !socket.destroyed; piece++) await write(socket, PIECE);
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1\.1 431 /);
    await api.stop();
  });
});

/** What has come until one whole answer is there: its body is one JSON object. */
async function readToEndOfAnswer(socket: Socket): Promise<string> {
  let received = "";
  socket.on("data", (bytes) => {
    received += bytes;
  });
  socket.resume();
  await eventually("the answer has come", () => received.endsWith("}"));
  return received;
}
