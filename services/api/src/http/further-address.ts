import { lookup } from "node:dns/promises";
import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import { createServer, type Server } from "node:net";

/**
 * The addresses to listen at for a host. `localhost` may be two, and clients take either. The framework would listen at
 * the second one with a server of its own, for which no bound of ours holds, and whose connections no drain closes.
 */
export async function addressesOf(host: string): Promise<readonly [string, ...string[]]> {
  if (host !== "localhost") return [host];
  const found = await lookup(host, { all: true });
  const [first = host, ...others] = new Set(found.map(({ address }) => address));
  return [first, ...others];
}

/** Listens at another address, too, for the same server: its connections are that server's. */
export async function listenFurther(server: HttpServer, host: string, port: number): Promise<Server> {
  // As the server of HTTP makes them itself.
  const further = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    server.emit("connection", socket);
  });
  further.listen({ host, port });
  await once(further, "listening");
  return further;
}
