import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { cutLater } from "./linger.js";
import { isAnswering } from "./open-responses.js";

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** How long is read on, so that the answer can be read. */
const LINGER_MS = 5_000;

/** Sockets that have been answered: all that comes on them is read by nobody. */
const answered = new WeakSet<Socket>();

/** Answers what is not even HTTP (or takes too long to become it) in JSON, and closes the connection. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || answered.has(socket)) return;
  if (!socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const status = STATUS_BY_CODE[error.code ?? ""] ?? 400;
  const reason = STATUS_CODES[status] ?? "Bad Request";
  const body = JSON.stringify({ error: reason.toLowerCase() });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
  // Closed with bytes unread, the connection would be reset, and the answer lost.
  answered.add(socket);
  cutLater(socket, () => LINGER_MS);
}
