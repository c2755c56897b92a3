import type { Server } from "node:http";
import type { Socket } from "node:net";
import { Server as TlsServer } from "node:tls";

const BODY = JSON.stringify({ error: "too many connections, please try again" });
const ANSWER =
  "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n" +
  `Content-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`;
/** How long is waited for a client to take the answer, */
const LINGER_MS = 1_000;
/** and of how many: further ones are closed without. */
const LINGERING_MAX = 64;

/**
 * Serves so many connections at once. A further one gets 503 and is closed, with nothing of it read. Over TLS it is
 * closed without: a handshake, only to say so, would cost more than to serve it.
 */
export function boundConnections(server: Server, connectionsMax: number, onRefused: () => void): void {
  const listeners = server.listeners("connection");
  server.removeAllListeners("connection");
  const isTls = server instanceof TlsServer;
  let open = 0;
  let lingering = 0;
  const refuse = (socket: Socket): void => {
    onRefused();
    if (isTls || lingering >= LINGERING_MAX) return void socket.destroy();
    lingering += 1;
    socket.on("error", () => {});
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once("close", () => {
      clearTimeout(timer);
      lingering -= 1;
    });
    socket.end(ANSWER);
    // Closed with bytes unread, the connection would be reset, and the answer lost.
    socket.resume();
  };
  server.on("connection", (socket: Socket) => {
    if (open >= connectionsMax) return refuse(socket);
    open += 1;
    socket.once("close", () => {
      open -= 1;
    });
    for (const serve of listeners) serve.call(server, socket);
  });
}
