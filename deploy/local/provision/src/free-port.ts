import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { FlockError } from "@flock/errors";

/**
 * Below the range from which Linux (32768 up) and macOS (49152 up) take source ports for outgoing connections:
 * a server that restarts on its old port must not find it taken by somebody's client socket.
 */
const PORT_FIRST = 20_000;
const PORT_AFTER_LAST = 32_000;
const ATTEMPTS_MAX = 200;

/** Ports this process has reserved: a caller may bind long after asking. */
const reserved = new Set<number>();

/**
 * A TCP port on 127.0.0.1 that nobody listens on, reserved as by {@link reservePort}. Random within 12 000.
 * @throws FlockError `resource_exhausted` when 200 tries found none.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(PORT_FIRST, PORT_AFTER_LAST);
    if (await reservePort(port)) return port;
  }
  throw new FlockError(
    "resource_exhausted",
    `no free TCP port on 127.0.0.1 between ${PORT_FIRST} and ${PORT_AFTER_LAST - 1}`,
  );
}

/**
 * Claims a TCP port of 127.0.0.1 for a server that will be started later, until this process ends: nobody else gets it
 * from this function or from {@link freePort}, in this process and (on Linux) in any other. Without this, two meshes
 * started at the same moment choose the same free ports.
 * @returns false when it is in use or claimed.
 */
export async function reservePort(port: number): Promise<boolean> {
  if (reserved.has(port) || !(await isPortFree(port))) return false;
  if (reserved.has(port)) return false;
  reserved.add(port);
  if (await announceReservation(port)) return true;
  reserved.delete(port);
  return false;
}

/** Whether a server could listen on this port of `host` right now. */
export function isPortFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Listens on an abstract socket (unix(7)) named for the port: the kernel lets only one process do so, frees it when
 * that process dies, and leaves no file. Elsewhere than on Linux there is nothing like it, and it is left out.
 */
function announceReservation(port: number): Promise<boolean> {
  if (process.platform !== "linux") return Promise.resolve(true);
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(false));
    server.listen({ path: `\0flockollamas-port-${port}`, exclusive: true }, () => {
      server.unref();
      resolve(true);
    });
  });
}
