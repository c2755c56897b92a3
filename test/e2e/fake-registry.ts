import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What is read here of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

/** A registry of npm with one package, so that npm installs it as it does once it is published: with its lock. */
export class FakeRegistry {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(manifest: Manifest, tarballFile: string): Promise<FakeRegistry> {
    const tarball = await readFile(tarballFile);
    const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
    const { name, version } = manifest;
    const server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? "");
      if (path === "/tarball.tgz") return response.end(tarball);
      if (path !== `/${name}`) return response.writeHead(404).end("{}");
      const dist = { tarball: `http://${request.headers.host}/tarball.tgz`, integrity };
      // The registry looks into what is published, and tells npm in advance.
      const published = { ...manifest, dist, _hasShrinkwrap: true };
      const body = { name, "dist-tags": { latest: version }, versions: { [version]: published } };
      return response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new FakeRegistry(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
