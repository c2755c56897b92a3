import { once } from "node:events";
import { existsSync } from "node:fs";
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
    expect(new Set(taken).size).toBe(5 * 10);
  });

  it("takes the ports that were asked for, and refuses one that is taken by its number and option", async () => {
    const api = await freePort();
    const file = join(directory.path, "asked.json");
    expect((await choosePorts({ api }, file)).api).toBe(api);
    const server = createServer().listen(api, "127.0.0.1");
    await once(server, "listening");
    const holder = process.platform === "linux" ? ` by \\S+.* \\(process ${process.pid}\\)` : "";
    await expect(choosePorts({ api }, file)).rejects.toThrow(
      new RegExp(`port ${api} \\(--api-port\\) is already in use on 127.0.0.1${holder}`),
    );
    server.close();
  });

  it.each([
    [{ api: 5_000, nats: 5_000 }, "port 5000 is given to two parts: --api-port 5000, and --nats-port 5000."],
    [
      { postgres: 5_001, engine: 5_001 },
      "port 5001 is given to two parts: --postgres-port 5001, and --engine-port",
    ],
    [
      { api: 5_001, chain: 5_000 },
      "--api-port 5001, and --chain-port 5000, which takes the next port as well",
    ],
  ])("refuses one port for two parts, naming both: %j", async (asked, sentence) => {
    const file = join(directory.path, "twice.json");
    await expect(choosePorts(asked, file)).rejects.toThrow(sentence);
    expect(existsSync(file)).toBe(false);
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
