import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { FlockError } from "@flock/errors";
import { ByteBlocks } from "./byte-blocks.js";

/** Told of what a body holds, before it does; throws to refuse it. */
export interface BodyObserver {
  announce(bytes: number): void;
  receive(bytes: number): void;
}

interface BodyReader {
  readonly request: IncomingMessage;
  fail(error: Error): void;
}

/** Who reads the body that comes by a socket: of requests sent one behind the other only the last can be unfinished. */
const readers = new WeakMap<Socket, BodyReader>();

/** Fails the reading of the body that comes by a socket; false if none is being read. */
export function failBody(socket: Socket, error: Error): boolean {
  const reader = readers.get(socket);
  if (reader === undefined || reader.request.complete) return false;
  reader.fail(error);
  return true;
}

/** True if the request announces a body of which something is still to come. */
export function isBodyPending(request: IncomingMessage): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  const hasBody = encoding !== undefined || (length !== undefined && length !== "0");
  return hasBody && !request.complete && !request.destroyed;
}

/**
 * Reads the whole body. Refuses more than `bytesMax` bytes with `payload_too_large`, at once if the declared length
 * tells, and with what the observer throws; the rest of the body is then left to whoever answers. `cancelled` if the
 * client goes away in the middle; what {@link failBody} is given if what comes is no body.
 */
export async function readBody(
  request: IncomingMessage,
  bytesMax: number,
  observer?: BodyObserver,
): Promise<Buffer> {
  const tooLarge = () =>
    new FlockError("payload_too_large", `request body too large: at most ${bytesMax} bytes are taken`);
  const declaredBytes = Number(request.headers["content-length"] ?? 0);
  if (declaredBytes > bytesMax) throw tooLarge();
  observer?.announce(declaredBytes);
  return new Promise((resolve, reject) => {
    const blocks = new ByteBlocks();
    const settle = (finish: () => void): void => {
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      if (readers.get(request.socket) === reader) readers.delete(request.socket);
      finish();
    };
    const onData = (piece: Buffer): void => {
      try {
        if (blocks.bytes + piece.length > bytesMax) throw tooLarge();
        blocks.push(piece, (heldBytes) => observer?.receive(heldBytes));
      } catch (refusal) {
        settle(() => reject(refusal));
      }
    };
    const onEnd = (): void => settle(() => resolve(blocks.whole()));
    const onClose = (): void =>
      settle(() => reject(new FlockError("cancelled", "the client went away while it sent its request")));
    const reader: BodyReader = { request, fail: (error) => settle(() => reject(error)) };
    if (!request.complete) readers.set(request.socket, reader);
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}
