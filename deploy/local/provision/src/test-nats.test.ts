import { readNatsInfo } from "./nats.js";
import { identifyProcess } from "./process-identity.js";
import { startTestNats, type TestNats } from "./testing.js";

describe("startTestNats", () => {
  let server: TestNats;
  beforeAll(async () => {
    server = await startTestNats({ payloadBytesMax: 2 * 1024 * 1024 });
  }, 300_000);
  afterAll(() => server?.stop());

  it("offers JetStream and the payload it was asked for", async () => {
    expect(await readNatsInfo(server.port)).toMatchObject({ jetstream: true, max_payload: 2_097_152 });
  });

  it("comes back on the same port after it was killed", async () => {
    const before = server.pid;
    await server.kill("SIGKILL");
    expect(await readNatsInfo(server.port)).toBeUndefined();
    await server.restart();
    expect(server.pid).not.toBe(before);
    expect(await readNatsInfo(server.port)).toBeDefined();
  });

  it("can be stopped while it is frozen", async () => {
    const frozen = await startTestNats();
    await frozen.kill("SIGSTOP");
    await frozen.stop();
    expect(await identifyProcess(frozen.pid)).toBeUndefined();
  });
});
