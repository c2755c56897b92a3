import { createLogger, createMetrics } from "@flock/observability";
import { DEFAULT_PARAMETERS, encodeParameters } from "@flock/parameters";
import { BUCKETS, encode, modelToken, PARAMS_CURRENT_KEY, PROTOCOL_VERSION } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { freePort, type RunningNats, startNats } from "@flock/provision";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import type { KvWatchEntry } from "@nats-io/kv";
import {
  type BucketCopy,
  BucketFollower,
  CatalogueView,
  connectMesh,
  type Mesh,
  openBucket,
  ParametersView,
} from "../src/index.js";

/* Copies of buckets, across servers that die, and come back with what they had or with nothing. */

class TextCopy implements BucketCopy {
  readonly texts = new Map<string, string>();

  put({ key, value }: KvWatchEntry): void {
    this.texts.set(key, Buffer.from(value).toString());
  }

  remove(key: string): void {
    this.texts.delete(key);
  }

  keys(): Iterable<string> {
    return this.texts.keys();
  }
}

let port: number;
let server: RunningNats;
let mesh: Mesh;
let directories: TestDirectory[];
let stop: AbortController;
let running: Promise<void>[];

beforeEach(async () => {
  port = await freePort();
  directories = [];
  running = [];
  stop = new AbortController();
  await startServer();
  const logger = createLogger("test", "silent");
  const { meter } = createMetrics("test");
  mesh = await connectMesh({ natsUrl: server.url, name: "test", logger, meter });
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running);
  await mesh.close();
  await server.stop();
  for (const directory of directories) await directory.remove();
});

/** Starts a server on the same port, on the data of the one before or on none. */
async function startServer(memory: "kept" | "lost" = "lost"): Promise<void> {
  if (memory === "lost") directories.push(await createTestDirectory());
  server = await startNats({ dataDir: directories.at(-1)?.path ?? "", port });
}

async function killAndRestart(memory: "kept" | "lost"): Promise<void> {
  server.kill("SIGKILL");
  await server.exited;
  await eventually("the loss is noticed", () => !mesh.isConnected());
  await startServer(memory);
  await eventually("the connection is back", () => mesh.isConnected());
}

const put = async (bucket: Parameters<typeof openBucket>[1], key: string, value: string | Uint8Array) =>
  eventually(`${key} is put`, async () => (await openBucket(mesh, bucket)).put(key, value));

function followed(key?: string): { copy: TextCopy; follower: BucketFollower } {
  const copy = new TextCopy();
  const follower = new BucketFollower({
    mesh,
    bucket: BUCKETS.models,
    copy,
    ...(key === undefined ? {} : { key }),
  });
  running.push(follower.follow(stop.signal));
  return { copy, follower };
}

describe("a copy of a bucket", () => {
  it("holds what the bucket holds, and follows what is put and removed", async () => {
    await put(BUCKETS.models, "a", "1");
    await put(BUCKETS.models, "b", "1");
    const { copy, follower } = followed();
    await follower.loaded;
    expect([...copy.texts]).toEqual([
      ["a", "1"],
      ["b", "1"],
    ]);
    await put(BUCKETS.models, "a", "2");
    await (await openBucket(mesh, BUCKETS.models)).delete("b");
    await eventually("both are there", () => copy.texts.get("a") === "2" && !copy.texts.has("b"));
  });

  it("is loaded when there is nothing to read, of the bucket or of the one key that is followed", async () => {
    const all = followed();
    await all.follower.loaded;
    await put(BUCKETS.models, "other", "1");
    const one = followed("key");
    await one.follower.loaded;
    expect(one.copy.texts.size).toBe(0);
    await put(BUCKETS.models, "key", "1");
    await eventually("it is there", () => one.copy.texts.has("key"));
    expect([...one.copy.texts.keys()]).toEqual(["key"]);
    expect([...all.copy.texts.keys()]).toEqual(["other", "key"]);
  });

  it("goes on after a restart of nats-server that kept its data", async () => {
    const { copy, follower } = followed();
    await follower.loaded;
    await put(BUCKETS.models, "a", "1");
    await eventually("it is there", () => copy.texts.has("a"));
    await killAndRestart("kept");
    await put(BUCKETS.models, "b", "1");
    await eventually("what came after is there", () => copy.texts.has("b"));
    expect(copy.texts.get("a")).toBe("1");
  });

  it("forgets what nats-server has forgotten, also when the bucket comes back empty", async () => {
    await put(BUCKETS.models, "a", "1");
    const { copy, follower } = followed();
    await follower.loaded;
    expect(copy.texts.size).toBe(1);
    await killAndRestart("lost");
    await eventually("it is forgotten", () => copy.texts.size === 0);
    await put(BUCKETS.models, "b", "1");
    await eventually("what came after is there", () => copy.texts.has("b"));
  });

  it("drops in one pass what the bucket has no more, and keeps what it has", async () => {
    for (const key of ["a", "b", "c"]) await put(BUCKETS.models, key, "1");
    const { copy, follower } = followed();
    await follower.loaded;
    // By hand, as if it had been put by a server that is gone.
    copy.texts.set("never-stored", "1");
    await killAndRestart("kept");
    await eventually("the pass is over", () => !copy.texts.has("never-stored"));
    expect([...copy.texts.keys()]).toEqual(["a", "b", "c"]);
  });

  it("ends when it is stopped, also while NATS is away", async () => {
    const { follower } = followed();
    await follower.loaded;
    server.kill("SIGKILL");
    await server.exited;
    stop.abort();
    await Promise.all(running);
    await startServer("kept");
  });
});

describe("the views of services", () => {
  it("of models shows none that nats-server has forgotten", async () => {
    const name = "llama3:latest";
    const entry = encode(CatalogueEntry, CatalogueEntry.fromPartial({ version: PROTOCOL_VERSION, name }));
    await put(BUCKETS.models, modelToken(name), entry);
    const view = new CatalogueView(mesh);
    running.push(view.start(stop.signal));
    await eventually("it is read", () => view.notReady() === undefined);
    expect(view.find(name)?.name).toBe(name);
    await killAndRestart("lost");
    await eventually("it is forgotten", () => view.find(name) === undefined);
    await put(BUCKETS.models, modelToken(name), entry);
    await eventually("it is there again", () => view.find(name) !== undefined);
  });

  it("of the parameters keeps the last ones while there are none, and takes others under the same revision", async () => {
    const document = (version: number) => encodeParameters({ version, values: DEFAULT_PARAMETERS.values });
    await put(BUCKETS.params, PARAMS_CURRENT_KEY, document(1));
    const view = await ParametersView.load(mesh);
    running.push(view.start(stop.signal));
    expect(view.current.version).toBe(1);
    await killAndRestart("lost");
    // The first of this bucket, too.
    await put(BUCKETS.params, PARAMS_CURRENT_KEY, document(2));
    await eventually("it is applied", () => view.current.version === 2);
    await (await openBucket(mesh, BUCKETS.params)).delete(PARAMS_CURRENT_KEY);
    await put(BUCKETS.params, "another", document(3));
    expect(view.current.version).toBe(2);
  });
});
