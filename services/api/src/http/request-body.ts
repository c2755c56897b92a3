import type { IncomingMessage } from "node:http";
import { FlockError } from "@flock/errors";

/** True if the request announces a body of which something is still to come. */
export function isBodyPending(request: IncomingMessage): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  const hasBody = encoding !== undefined || (length !== undefined && length !== "0");
  return hasBody && !request.complete && !request.destroyed;
}

/**
 * Reads the whole body. Refuses more than `bytesMax` bytes with `payload_too_large`, at once if the declared length
 * tells; the rest of the body is then left to whoever answers. `cancelled` if the client goes away in the middle.
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
