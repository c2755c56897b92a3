import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { freePort } from "@flock/provision";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { choosePorts } from "./ports.js";

describe("choosePorts", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(() => directory.remove());

  it("gives meshes that start at the same time different ports", async () => {
    const choices = await Promise.all(
      Array.from({ length: 5 }, (_, index) => choosePorts({}, join(directory.path, `mesh-${index}.json`))),
    );
    // Each of the chain's two takes the port behind it as well.
    const taken = choices.flatMap(({ chain, chain2, ...others }) => [
      ...Object.values(others),
      ...[chain, chain + 1, chain2, chain2 + 1],
    ]);
    expect(new Set(taken).size).toBe(5 * 8);
  });

  it("takes the ports that were asked for, and refuses one that is taken by its number and option", async () => {
    const api = await freePort();
    const file = join(directory.path, "asked.json");
    expect((await choosePorts({ api }, file)).api).toBe(api);
    const server = createServer().listen(api, "127.0.0.1");
    await once(server, "listening");
    await expect(choosePorts({ api }, file)).rejects.toThrow(`port ${api} (--api-port) is already in use`);
    server.close();
  });

  it("does not choose a port that was asked for, for another part", async () => {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const file = join(directory.path, "clash.json");
    await writeFile(file, JSON.stringify({ api: port }));
    const ports = await choosePorts({ nats: port }, file);
    expect(ports.nats).toBe(port);
    expect(ports.api).not.toBe(port);
  });
});
