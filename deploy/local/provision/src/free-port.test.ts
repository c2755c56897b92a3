import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { freePort, isPortFree, reservePort } from "./free-port.js";

describe("freePort", () => {
  it("never gives the same port twice", async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
    expect(new Set(ports).size).toBe(50);
  });

  it("refuses a port that a server listens on", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    expect(await isPortFree(port)).toBe(false);
    expect(await reservePort(port)).toBe(false);
    server.close();
  });

  it("lets exactly one of many callers reserve a port", async () => {
    const port = await freePort();
    expect(await reservePort(port)).toBe(false);
    expect(await isPortFree(port)).toBe(true);
  });

  const onLinux = process.platform === "linux" ? it : it.skip;
  onLinux("keeps other processes off a reserved port", async () => {
    const port = await freePort();
    const listen = `require("net").createServer().on("error", (e) => console.log(e.code)).listen({ path: "\\0flockollamas-port-${port}" })`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", listen]);
    expect(stdout.trim()).toBe("EADDRINUSE");
  });
});
