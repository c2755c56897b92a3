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

/** Ports this process has handed out: a caller may bind long after asking. */
const handedOut = new Set<number>();

/**
 * A TCP port on 127.0.0.1 that nobody listens on, never the same twice in one process. Random within 12 000, so that
 * meshes started at the same time by different processes practically never meet.
 * @throws FlockError `resource_exhausted` when 200 tries found none.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(PORT_FIRST, PORT_AFTER_LAST);
    if (handedOut.has(port) || !(await isPortFree(port))) continue;
    handedOut.add(port);
    return port;
  }
  throw new FlockError(
    "resource_exhausted",
    `no free TCP port on 127.0.0.1 between ${PORT_FIRST} and ${PORT_AFTER_LAST - 1}`,
  );
}

/** Whether a server could listen on this port of `host` right now. */
export function isPortFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
