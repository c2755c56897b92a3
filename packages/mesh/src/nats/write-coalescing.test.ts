import { createLogger, createMetrics } from "@flock/observability";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import type { NatsConnection } from "@nats-io/nats-core";
import { connectMesh, type Mesh } from "./connection.js";

describe("coalesceWrites", () => {
  let nats: TestNats;
  let mesh: Mesh;
  beforeAll(async () => {
    nats = await startTestNats();
    const logger = createLogger("test", "silent");
    mesh = await connectMesh({ natsUrl: nats.url, name: "test", logger, meter: createMetrics("test").meter });
  });
  afterAll(async () => {
    await mesh.close();
    await nats.stop();
  });

  /** Counts the writes to the socket while `act` runs. CAST: private members of the pinned client. */
  async function writesDuring(act: () => Promise<void>): Promise<number> {
    const { transport } = (
      mesh.nats as NatsConnection & { protocol: { transport: { send(frame: Uint8Array): void } } }
    ).protocol;
    const send = transport.send.bind(transport);
    let writes = 0;
    transport.send = (frame) => {
      writes += 1;
      send(frame);
    };
    await act();
    transport.send = send;
    return writes;
  }

  it("takes effect with the installed client: many continuations of one turn share a write, but for the first", async () => {
    const received: string[] = [];
    mesh.nats.subscribe("t.>", { callback: (_error, msg) => void received.push(msg.string()) });
    await mesh.nats.flush();
    const writes = await writesDuring(async () => {
      const publish = async (name: string): Promise<void> => {
        for (let step = 0; step < 5; step++) {
          await Promise.resolve();
          mesh.nats.publish(`t.${name}`, `${name}${step}`);
        }
      };
      await Promise.all(["a", "b", "c", "d"].map(publish));
      await mesh.nats.flush();
    });
    expect(writes).toBeLessThanOrEqual(2);
    expect(received).toHaveLength(20);
    expect(received.filter((text) => text.startsWith("a"))).toEqual(["a0", "a1", "a2", "a3", "a4"]);
  });

  it("writes a large backlog before the turn is over", async () => {
    const writes = await writesDuring(async () => {
      for (let i = 0; i < 10; i++) mesh.nats.publish("u", new Uint8Array(20_000));
      await mesh.nats.flush();
    });
    expect(writes).toBeGreaterThan(3);
  });
});
