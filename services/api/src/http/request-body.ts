import type { IncomingMessage } from "node:http";
import { FlockError } from "@flock/errors";

/** How much of a body that nobody wants is still read, so that its sender gets to read the answer. */
const DISCARD_BYTES_MAX = 64 * 1024 * 1024;
const DISCARD_TIMEOUT_MS = 10_000;
/** After that, how long the answer may take to be read before the connection is cut. */
const LINGER_MS = 2_000;

/** True if the request announces a body of which something is still to come. */
export function isBodyPending(request: IncomingMessage): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  const hasBody = encoding !== undefined || (length !== undefined && length !== "0");
  return hasBody && !request.complete && !request.destroyed;
}

/**
 * Reads the whole body. Refuses more than `bytesMax` bytes with `payload_too_large`, at once if the declared length
 * tells; the rest of the body is then left to {@link discardBody}. `cancelled` if the client goes away in the middle.
 */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const tooLarge = () =>
    new FlockError("payload_too_large", `request body too large: at most ${bytesMax} bytes are taken`);
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (finish: () => void): void => {
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      finish();
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > bytesMax) settle(() => reject(tooLarge()));
      else chunks.push(chunk);
    };
    const onEnd = (): void =>
      settle(() => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, bytes)));
    const onClose = (): void =>
      settle(() => reject(new FlockError("cancelled", "the client went away while it sent its request")));
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

/**
 * Reads and drops the rest of the body, so that a client that writes all of it before it reads does get the answer
 * and can use the connection again. Resolves when that is done or not worth more: past `bytesMax` bytes or 10 s nothing
 * is read any more, and the connection is cut a little later.
 */
export function discardBody(request: IncomingMessage, bytesMax = DISCARD_BYTES_MAX): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = request;
    let bytes = 0;
    const finish = (): void => {
      clearTimeout(timer);
      request.off("data", onData).off("end", finish);
      socket.off("close", finish);
      resolve();
    };
    const giveUp = (): void => {
      finish();
      request.pause();
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > bytesMax) giveUp();
    };
    const timer = setTimeout(giveUp, DISCARD_TIMEOUT_MS);
    request.on("data", onData).on("end", finish);
    // Of the socket: once its answer is sent, the request itself is not told any more that its client is gone.
    socket.on("close", finish);
  });
}
