import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { freePort } from "@flock/provision";
import { requireOwnServers } from "./own-servers.js";
import { shellSettings } from "./shell-settings.js";

const require = (environment: NodeJS.ProcessEnv) =>
  requireOwnServers(shellSettings(environment, { usesOllama: false }));

describe("requireOwnServers", () => {
  let server: Server;
  let port: number;
  let closed: number;
  beforeAll(async () => {
    server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
    closed = await freePort();
  });
  afterAll(() => server.close());

  it("is content where somebody listens, or nothing is named", async () => {
    await require({});
    await require({
      NATS_URL: `nats://u:p@127.0.0.1:${port}`,
      DATABASE_URL: `postgres://u:p@127.0.0.1:${port}/d`,
    });
    await require({ NATS_URL: `127.0.0.1:${closed},127.0.0.1:${port}` });
  });

  it("names the variable and the address where nobody listens, and no password", async () => {
    await expect(require({ NATS_URL: `nats://u:secret@127.0.0.1:${closed}` })).rejects.toThrow(
      `NATS_URL is set, and no NATS listens at 127.0.0.1:${closed} (ECONNREFUSED). Start it, or unset NATS_URL`,
    );
    await expect(require({ DATABASE_URL: `postgres://u:secret@127.0.0.1:${closed}/d` })).rejects.toThrow(
      `DATABASE_URL is set, and no PostgreSQL listens at 127.0.0.1:${closed}`,
    );
  });

  it("leaves a socket in a directory to PostgreSQL's client", async () => {
    await require({ DATABASE_URL: "postgresql:///flock?host=/var/run/postgresql" });
  });
});
