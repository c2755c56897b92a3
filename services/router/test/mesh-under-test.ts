import { type Mesh, manager, openBucket } from "@flock/mesh";
import { BUCKETS, STREAMS } from "@flock/proto";
import { WorkerSnapshot } from "@flock/proto/workers";
import { eventually, startTestNats, type TestNats } from "@flock/provision/testing";
import { jetstreamManager } from "@nats-io/jetstream";
import { FakeRequester, type FakeRequesterOptions } from "./fake-requester.js";
import { FakeWorker, type FakeWorkerOptions } from "./fake-worker.js";
import { connectForTest, RouterUnderTest } from "./router-under-test.js";

/** A nats-server, routers, fake workers and fake requesters; what a test has started is ended with it. */
export class MeshUnderTest {
  readonly #ends: (() => Promise<void>)[] = [];
  #isNatsDown = false;

  private constructor(
    readonly nats: TestNats,
    /** A connection of the test's own. */
    readonly mesh: Mesh,
  ) {}

  static async start(): Promise<MeshUnderTest> {
    const nats = await startTestNats();
    return new MeshUnderTest(nats, await connectForTest(nats.url, "test"));
  }

  async killNats(): Promise<void> {
    this.#isNatsDown = true;
    await this.nats.kill("SIGKILL");
  }

  async restartNats(): Promise<void> {
    await this.nats.restart();
    this.#isNatsDown = false;
  }

  async router(variables: Record<string, string> = {}): Promise<RouterUnderTest> {
    const router = await RouterUnderTest.start(this.nats.url, variables);
    this.#ends.push(() => router.stop());
    return router;
  }

  async worker(options: FakeWorkerOptions): Promise<FakeWorker> {
    const worker = await FakeWorker.start(this.nats.url, options);
    this.#ends.push(() => worker.vanish());
    return worker;
  }

  async requester(options: FakeRequesterOptions): Promise<FakeRequester> {
    const requester = await FakeRequester.start(this.nats.url, options);
    this.#ends.push(() => requester.stop());
    return requester;
  }

  /** What bucket WORKERS holds of a worker. */
  async snapshotOf(workerId: string): Promise<WorkerSnapshot | undefined> {
    const entry = await (await openBucket(this.mesh, BUCKETS.workers)).get(workerId);
    return entry?.operation === "PUT" ? WorkerSnapshot.decode(entry.value) : undefined;
  }

  /** Waits until these workers have been admitted for their models. */
  async admitted(...workers: readonly FakeWorker[]): Promise<void> {
    for (const { workerId, models } of workers) {
      await eventually(`${workerId} is admitted`, async () => {
        const names = (await this.snapshotOf(workerId))?.models.map((model) => model.name) ?? [];
        return models.every((model) => names.includes(model));
      });
    }
  }

  /** Messages in stream JOBS: tickets that are not acknowledged. */
  async ticketsInStream(): Promise<number> {
    // A server that has just started swallows requests for a moment.
    const { streams } = await jetstreamManager(this.mesh.nats, { checkAPI: false, timeout: 300 });
    return (await streams.info(STREAMS.jobs)).state.messages;
  }

  /** Ends what was started after `nats`, the last first, and removes what it has stored. */
  async endTest(): Promise<void> {
    if (this.#isNatsDown) await this.restartNats();
    for (const end of this.#ends.splice(0).reverse()) await end();
    const { streams } = await manager(this.mesh);
    for (const stream of await streams.names().next()) await streams.delete(stream);
  }

  async stop(): Promise<void> {
    await this.endTest();
    await this.mesh.close();
    await this.nats.stop();
  }
}
