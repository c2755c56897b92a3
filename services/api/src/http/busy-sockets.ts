import type { Socket } from "node:net";

/** Sockets with a request under way: bytes that are no part of its answer would corrupt it. */
const busySockets = new WeakMap<Socket, number>();

export function markBusy(socket: Socket): void {
  busySockets.set(socket, (busySockets.get(socket) ?? 0) + 1);
}

/** Undoes one {@link markBusy}. */
export function markDone(socket: Socket): void {
  busySockets.set(socket, (busySockets.get(socket) ?? 1) - 1);
}

export function isAnswering(socket: Socket): boolean {
  return (busySockets.get(socket) ?? 0) > 0;
}
