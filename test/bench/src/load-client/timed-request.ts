import type { Dispatcher } from "undici";

/** How an answer came; times in ms from sending the request. */
export interface TimedAnswer {
  readonly statusCode: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

/** Sends the request; each piece of its body is told as it comes, and is a view of a buffer that is used again. */
export function timedRequest(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  onPiece: (piece: Buffer, isFirst: boolean) => void,
): Promise<TimedAnswer> {
  return new Promise((resolve, reject) => {
    const sentMs = performance.now();
    let firstByteMs: number | undefined;
    let statusCode = 0;
    dispatcher.dispatch(options, {
      onConnect: () => {},
      onError: reject,
      onHeaders: (status) => {
        statusCode = status;
        return true;
      },
      onData: (piece) => {
        const isFirst = firstByteMs === undefined;
        firstByteMs ??= performance.now() - sentMs;
        onPiece(piece, isFirst);
        return true;
      },
      onComplete: () =>
        resolve({ statusCode, firstByteMs: firstByteMs ?? 0, totalMs: performance.now() - sentMs }),
    });
  });
}
