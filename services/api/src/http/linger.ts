import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { DrainState } from "../drain-state.js";

/**
 * For this part of the time that a whole request may take, the rest of a body that nobody wants is read and dropped:
 * Node would answer a second time when that time is over. Bounded by time alone: nothing of it is kept, and who wants
 * to send more can begin anew.
 */
const DISCARD_PART = 5 / 6;
const DISCARD_WHILE_DRAINING_MS = 10_000;
/** A client that sends nothing for so long has read its answer, or never will. */
const SILENCE_MS = 10_000;
const CHECK_MS = 500;

/**
 * Sees to it that a connection on which bytes come that nobody wants ends: `lifeMs` after now, or when nothing has come
 * for a while. Returns a function that calls it off.
 */
export function cutLater(socket: Socket, lifeMs: () => number): () => void {
  const startedMs = performance.now();
  let movedMs = startedMs;
  let { bytesRead } = socket;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (socket.bytesRead !== bytesRead) movedMs = nowMs;
    bytesRead = socket.bytesRead;
    if (nowMs - startedMs > lifeMs() || nowMs - movedMs > SILENCE_MS) socket.destroy();
  }, CHECK_MS);
  const callOff = (): void => {
    clearInterval(timer);
    socket.off("close", callOff);
  };
  socket.once("close", callOff);
  return callOff;
}

/**
 * Reads and drops the rest of a request's body while and after it is answered, so that a client that writes all of it
 * before it reads gets its answer. If the connection ends with the answer (`isLast`), only our side of it is closed
 * then: a socket that is closed before all has been read from it resets the connection, and the client may lose what it
 * has not read yet. A drain waits for such connections, but not for long.
 */
export function discardRest(
  request: IncomingMessage,
  isLast: boolean,
  drain: DrainState,
  requestTimeoutMs: number,
): void {
  const { socket } = request;
  const lifeMs = () => (drain.isDraining ? DISCARD_WHILE_DRAINING_MS : DISCARD_PART * requestTimeoutMs);
  const callOff = cutLater(socket, lifeMs);
  const { destroySoon } = socket;
  if (isLast) {
    drain.begin();
    socket.once("close", () => drain.end());
    // What Node calls when it has handed the last answer of a connection to the socket.
    socket.destroySoon = () => void socket.end();
  }
  request.once("end", () => {
    callOff();
    socket.destroySoon = destroySoon;
    if (socket.writableEnded) socket.destroySoon();
  });
  request.resume();
}
