import { createLogger, createMetrics } from "@flock/observability";
import { BUCKETS, STREAMS } from "@flock/proto";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import {
  connectMesh,
  ensureEventsStream,
  ensureJobsStream,
  type Mesh,
  manager,
  openBucket,
  retryUntilDone,
} from "../src/index.js";

describe("the streams of the mesh", () => {
  let nats: TestNats;
  let mesh: Mesh;
  beforeAll(async () => {
    nats = await startTestNats();
    const logger = createLogger("test", "silent");
    mesh = await connectMesh({ natsUrl: nats.url, name: "test", logger, meter: createMetrics("test").meter });
  });
  afterAll(async () => {
    await mesh?.close();
    await nats?.stop();
  });

  it("are made once, whoever asks and however often", async () => {
    await Promise.all([ensureEventsStream(mesh), ensureJobsStream(mesh), ensureEventsStream(mesh)]);
    await ensureEventsStream(mesh);
    for (const bucket of Object.values(BUCKETS)) await openBucket(mesh, bucket);
    const names = await (await manager(mesh)).streams.names().next();
    const buckets = Object.values(BUCKETS).map((bucket) => `KV_${bucket}`);
    expect([...names].sort()).toEqual([STREAMS.events, STREAMS.jobs, ...buckets].sort());
  });

  it("are found again after a restart of the server, which reserves no storage for them twice", async () => {
    await nats.restart();
    // As services do: until the connection is back, calls are lost.
    const found = async () => {
      await ensureEventsStream(mesh);
      return true;
    };
    expect(await retryUntilDone("ensure", mesh.logger, found, AbortSignal.timeout(20_000))).toBe(true);
    await ensureJobsStream(mesh);
    for (const bucket of Object.values(BUCKETS)) await openBucket(mesh, bucket);
    const { streams } = await manager(mesh);
    expect((await streams.info(STREAMS.jobs)).state.messages).toBe(0);
  }, 30_000);

  it("are brought to the limits of this version", async () => {
    const { streams } = await manager(mesh);
    const before = await streams.info(STREAMS.events);
    await streams.update(STREAMS.events, { max_age: 1_000_000_000 * 3_600 });
    await ensureEventsStream(mesh);
    expect((await streams.info(STREAMS.events)).config.max_age).toBe(before.config.max_age);
  });

  it("keep what is in them when their buckets are brought to the limits of this version", async () => {
    const { streams } = await manager(mesh);
    for (const bucket of Object.values(BUCKETS)) {
      const opened = await openBucket(mesh, bucket);
      await opened.put("kept", "value");
      const { config } = await streams.info(`KV_${bucket}`);
      const earlier = { max_msgs_per_subject: 2, max_bytes: 1_000_000, max_msg_size: 1_000 };
      await streams.update(config.name, { ...earlier, max_age: 3_600_000_000_000, duplicate_window: 1e9 });
      const again = await openBucket(mesh, bucket);
      const { max_msgs_per_subject, max_bytes, max_msg_size, max_age } = config;
      expect((await streams.info(config.name)).config).toMatchObject({
        max_msgs_per_subject,
        max_bytes,
        max_msg_size,
        max_age,
      });
      expect((await again.get("kept"))?.string()).toBe("value");
    }
  });
});
