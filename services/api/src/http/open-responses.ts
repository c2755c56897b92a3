import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Responses that have not closed yet, by the socket that they are for. */
const openResponses = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * Keeps a response in mind until it has closed, and sees to it that it does. When a client goes away, Node closes the
 * response that is being written to it; those to requests that it had sent behind, on the same connection, would wait
 * for their turn for ever, and whoever waits for their close with them.
 */
export function trackResponse(socket: Socket, response: ServerResponse): void {
  const open = openResponses.get(socket) ?? responsesOf(socket);
  open.add(response);
  response.once("close", () => open.delete(response));
}

/** Whether a response is under way on the socket: bytes that are no part of it would corrupt it. */
export function isAnswering(socket: Socket): boolean {
  return (openResponses.get(socket)?.size ?? 0) > 0;
}

function responsesOf(socket: Socket): Set<ServerResponse> {
  const open = new Set<ServerResponse>();
  openResponses.set(socket, open);
  // A tick later, when Node has closed the one that it closes itself.
  socket.once("close", () => process.nextTick(closeAll, open));
  return open;
}

function closeAll(open: ReadonlySet<ServerResponse>): void {
  for (const response of [...open]) {
    response.destroy();
    response.emit("close");
  }
}
