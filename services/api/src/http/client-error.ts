import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { HttpFault } from "./http-fault.js";
import { cutLater } from "./linger.js";
import { isAnswering } from "./open-responses.js";
import { failBody } from "./request-body.js";

/** How long is read on, so that the answer can be read. */
const LINGER_MS = 5_000;

/** Sockets on which somebody answers, or has: all that comes on them is read by nobody. */
const answered = new WeakSet<Socket>();

/**
 * Answers what is not even HTTP (or takes too long to become it) in JSON, and closes the connection. If it is a body
 * that is being read, whoever reads it answers, in the client's dialect.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || answered.has(socket)) return;
  // No handshake, no answer that could be read.
  if (socket instanceof TLSSocket && socket.getProtocol() === null) return void socket.destroy();
  const fault = new HttpFault(error);
  if (failBody(socket, fault)) {
    // Node finds the same fault in all that comes after: it is told once. The answer decides how long is read on.
    answered.add(socket);
    return;
  }
  if (!socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify({ error: fault.message });
  socket.end(
    `HTTP/1.1 ${fault.status} ${STATUS_CODES[fault.status]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
  // Closed with bytes unread, the connection would be reset, and the answer lost.
  answered.add(socket);
  cutLater(socket, () => LINGER_MS);
}
