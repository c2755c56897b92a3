import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

/**
 * The address that a request comes from: as a trusted proxy says, unless that is no address; else as the socket says.
 * Empty when the client has gone already.
 */
export function clientAddressOf({ ip, socket }: FastifyRequest): string {
  // Both are undefined, whatever their types say, once the socket is closed.
  return isIP(ip ?? "") === 0 ? (socket.remoteAddress ?? "") : ip;
}
