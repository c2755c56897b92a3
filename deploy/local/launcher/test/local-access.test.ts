import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { readIssuer, readTree, rotateSigningKey, workerIssuer, writeTree } from "@flock/access";
import { ensureEventsStream, jetstreamOf, type Mesh, manager, openBucket } from "@flock/mesh";
import { BUCKETS, EVENT_CONSUMERS, EVENTS, PARAMS_CURRENT_KEY, STREAMS } from "@flock/proto";
import { freePort, type RunningNats, startNats } from "@flock/provision";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { AckPolicy } from "@nats-io/jetstream";
import { dataPaths, openDataDir } from "../src/data-dir.js";
import { LocalAccess } from "../src/local-access.js";
import { withMesh } from "../src/mesh-connection.js";

const SETTLER = EVENT_CONSUMERS.ledgerSettler;

describe("the NATS accounts of a data directory", () => {
  let directory: TestDirectory;
  let paths: ReturnType<typeof dataPaths>;
  beforeEach(async () => {
    directory = await createTestDirectory();
    const dataDir = join(directory.path, "data");
    await openDataDir(dataDir);
    paths = dataPaths(dataDir);
  });
  afterEach(() => directory.remove());

  const access = () => new LocalAccess(join(directory.path, "data"));

  /** Runs a server on the data directory, with accounts or as servers were before there were any. */
  async function withServer<T>(
    accounts: LocalAccess | undefined,
    work: (mesh: Mesh) => Promise<T>,
  ): Promise<T> {
    const extraConfig = (await accounts?.serverConfiguration()) ?? "";
    const natsCredentialsFile = await accounts?.writeServiceCredentials();
    const server: RunningNats = await startNats({ dataDir: paths.nats, port: await freePort(), extraConfig });
    try {
      return await withMesh({ natsUrl: server.url, natsCredentialsFile }, work);
    } finally {
      await server.stop();
    }
  }

  it("take over what a server without accounts had stored: events, where they were read to, and buckets", async () => {
    await withServer(undefined, async (mesh) => {
      await ensureEventsStream(mesh);
      const client = jetstreamOf(mesh);
      for (const id of ["settled", "in hand", "unread"])
        await client.publish(EVENTS.inferenceCompleted, id, { msgID: id });
      const { consumers } = await manager(mesh);
      await consumers.add(STREAMS.events, { durable_name: SETTLER, ack_policy: AckPolicy.Explicit });
      const consumer = await client.consumers.get(STREAMS.events, SETTLER);
      await (await consumer.next())?.ackAck();
      expect((await consumer.next())?.string()).toBe("in hand");
      await (await openBucket(mesh, BUCKETS.params)).put(PARAMS_CURRENT_KEY, "governed");
    });

    await access().takeOverStore();
    await withServer(access(), async (mesh) => {
      const { streams, consumers } = await manager(mesh);
      await ensureEventsStream(mesh);
      expect((await streams.info(STREAMS.events)).state.messages).toBe(3);
      const { ack_floor, num_ack_pending, num_pending } = await consumers.info(STREAMS.events, SETTLER);
      expect(ack_floor.stream_seq).toBe(1);
      expect({ num_ack_pending, num_pending }).toEqual({ num_ack_pending: 1, num_pending: 1 });
      const again = await jetstreamOf(mesh).publish(EVENTS.inferenceCompleted, "again", { msgID: "unread" });
      expect(again.duplicate).toBe(true);
      const bucket = await openBucket(mesh, BUCKETS.params);
      expect((await bucket.get(PARAMS_CURRENT_KEY))?.string()).toBe("governed");
    });
  });

  it("stay the same from start to start, and their secrets are their owner's alone", async () => {
    const write = async (mesh: Mesh) =>
      void (await (await openBucket(mesh, BUCKETS.params)).put("k", "kept"));
    await access().takeOverStore();
    await withServer(access(), write);
    await access().takeOverStore();
    const kept = await withServer(access(), async (mesh) =>
      (await openBucket(mesh, BUCKETS.params)).get("k"),
    );
    expect(kept?.string()).toBe("kept");
    const issuer = await access().writeWorkerIssuer();
    for (const file of [paths.accessTree, paths.serviceCredentials, issuer])
      expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("are not begun anew beside what was stored for accounts whose keys are gone", async () => {
    await withServer(access(), async (mesh) => void (await openBucket(mesh, BUCKETS.params)));
    const before = await readdir(join(paths.nats, "jetstream"));
    await rm(paths.access, { recursive: true });
    await expect(access().takeOverStore()).rejects.toMatchObject({ code: "failed_precondition" });
    expect(await readdir(join(paths.nats, "jetstream"))).toEqual(before);
  });

  it("give the api what it lets workers in with, as it is at each start, and nothing else of the keys", async () => {
    const file = await access().writeWorkerIssuer();
    const tree = await readTree(paths.accessTree);
    expect(await readIssuer(file)).toEqual(workerIssuer(tree));
    expect(Object.keys(JSON.parse(await readFile(file, "utf8")))).toEqual(["account", "signingSeed"]);
    const rotated = rotateSigningKey(tree, "workers");
    await writeTree(paths.accessTree, rotated);
    await access().writeWorkerIssuer();
    expect(await readIssuer(file)).toEqual(workerIssuer(rotated));
    expect(await readIssuer(file)).not.toEqual(workerIssuer(tree));
  });
});
