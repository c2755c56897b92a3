import type { NativeContext } from "./addon.js";
import { BatchDecoder, type SequenceLease } from "./batch-decoder.js";
import { LogitReader } from "./logit-reader.js";

type Decoded = readonly [sequence: number, position: number, ...tokens: number[]];

/** A context that remembers what was decoded, batch by batch, and lets the test say when a decode is over. */
class RecordingContext implements NativeContext {
  readonly batches: Decoded[][] = [];
  readonly cleared: number[] = [];
  failure: Error | undefined;
  #hold: Promise<void> = Promise.resolve();
  #isDecoding = false;

  /** Decodes from now on wait for the returned function. */
  hold(): () => void {
    let release = () => {};
    this.#hold = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  initBatch(): void {
    expect(this.#isDecoding).toBe(false);
    this.batches.push([]);
  }

  addToBatch(
    sequence: number,
    position: number,
    tokens: Uint32Array,
    logitIndexes: Uint32Array,
  ): Uint32Array {
    this.batches.at(-1)?.push([sequence, position, ...tokens]);
    return logitIndexes;
  }

  async decodeBatch(): Promise<void> {
    this.#isDecoding = true;
    await this.#hold;
    this.#isDecoding = false;
    if (this.failure !== undefined) throw this.failure;
  }

  disposeSequence(sequence: number): void {
    expect(this.#isDecoding).toBe(false);
    this.cleared.push(sequence);
  }

  sampleToken(): Promise<never> {
    throw new Error("the tests choose tokens themselves");
  }
}

function createDecoder(options: { sequences: number; queueMax?: number; bulkTokensMax?: number }) {
  const context = new RecordingContext();
  const createSampler = () => ({ applyConfig: () => {}, dispose: () => {} });
  const grammars = { accepts: () => true, advance: () => {}, handle: () => undefined };
  const readers = Array.from(
    { length: options.sequences },
    () => new LogitReader({ context, createSampler, grammars }, 10),
  );
  const { queueMax = 10, bulkTokensMax = 4 } = options;
  return { context, decoder: new BatchDecoder(context, { readers, queueMax, bulkTokensMax }) };
}

const never = new AbortController().signal;
const next = (lease: SequenceLease, tokens: number[], token = 0) =>
  lease.next(Uint32Array.from(tokens), async () => token);
const turn = () => new Promise(setImmediate);

describe("BatchDecoder", () => {
  it("decodes the running sequences together, each at its own position", async () => {
    const { context, decoder } = createDecoder({ sequences: 2 });
    const [a, b] = [await decoder.acquire(never), await decoder.acquire(never)];
    expect(await Promise.all([next(a, [1], 11), next(b, [2], 12)])).toEqual([11, 12]);
    await next(a, [11]);
    expect(context.batches).toEqual([
      [
        [0, 0, 1],
        [1, 0, 2],
      ],
      [[0, 1, 11]],
    ]);
  });

  it("appends several tokens one by one, but a prompt in bulk and in a batch of its own", async () => {
    const { context, decoder } = createDecoder({ sequences: 2 });
    const [a, b] = [await decoder.acquire(never), await decoder.acquire(never)];
    await Promise.all([a.prefill(Uint32Array.of(1, 2, 3)), next(b, [7, 8])]);
    expect(context.batches).toEqual([[[1, 0, 7]], [[0, 0, 1, 2, 3]], [[1, 1, 8]]]);
  });

  it.each([
    [4, [4]],
    [5, [3, 2]],
    [6, [4, 2]],
    [9, [4, 3, 2]],
  ])("never leaves a single token of a prompt of %d for a batch alone", async (length, sizes) => {
    const { context, decoder } = createDecoder({ sequences: 1 });
    const lease = await decoder.acquire(never);
    await lease.prefill(new Uint32Array(length));
    expect(context.batches.map(([part]) => (part?.length ?? 0) - 2)).toEqual(sizes);
  });

  it("keeps running sequences going while long prompts come in, the oldest prompt first", async () => {
    const { context, decoder } = createDecoder({ sequences: 3 });
    const [a, b, c] = [
      await decoder.acquire(never),
      await decoder.acquire(never),
      await decoder.acquire(never),
    ];
    await Promise.all([a.prefill(new Uint32Array(8)), b.prefill(new Uint32Array(2)), next(c, [1, 2, 3])]);
    expect(context.batches.map((batch) => batch.map(([sequence]) => sequence))).toEqual([
      [2],
      [0],
      [2],
      [0],
      [2],
      [1],
    ]);
  });

  it("clears a sequence before its next tenant, and only then", async () => {
    const { context, decoder } = createDecoder({ sequences: 1 });
    const first = await decoder.acquire(never);
    await next(first, [1]);
    await next(first, [2]);
    first.release();
    await next(await decoder.acquire(never), [3]);
    expect(context.cleared).toEqual([0, 0]);
    expect(context.batches.at(-1)).toEqual([[0, 0, 3]]);
  });

  it("serves waiting requests in order of arrival and refuses those beyond the queue", async () => {
    const { decoder } = createDecoder({ sequences: 1, queueMax: 2 });
    const first = await decoder.acquire(never);
    const order: string[] = [];
    const arrive = async (name: string) => {
      const lease = await decoder.acquire(never);
      order.push(name);
      return lease;
    };
    const [second, third] = [arrive("second"), arrive("third")];
    await expect(decoder.acquire(never)).rejects.toMatchObject({ code: "unavailable" });
    expect(decoder.load).toBe(3);
    first.release();
    (await second).release();
    (await third).release();
    expect(order).toEqual(["second", "third"]);
    expect(decoder.load).toBe(0);
  });

  it("forgets a waiting request when it is cancelled", async () => {
    const { decoder } = createDecoder({ sequences: 1 });
    const first = await decoder.acquire(never);
    const cancel = new AbortController();
    const second = decoder.acquire(cancel.signal);
    cancel.abort();
    await expect(second).rejects.toMatchObject({ code: "cancelled" });
    await expect(decoder.acquire(cancel.signal)).rejects.toMatchObject({ code: "cancelled" });
    first.release();
    expect(decoder.load).toBe(0);
  });

  it("frees a sequence in the middle of a decode, and lets nothing of it reach the next tenant", async () => {
    const { context, decoder } = createDecoder({ sequences: 1 });
    const first = await decoder.acquire(never);
    const finishDecode = context.hold();
    const cancelled = next(first, [1]);
    await turn();
    await turn();
    expect(context.batches).toHaveLength(1);
    first.release();
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
    const second = await decoder.acquire(never);
    const answer = next(second, [5], 6);
    expect(context.cleared).toEqual([0]);
    finishDecode();
    expect(await answer).toBe(6);
    expect(context.batches).toEqual([[[0, 0, 1]], [[0, 0, 5]]]);
    await expect(next(first, [2])).rejects.toMatchObject({ code: "cancelled" });
  });

  it("fails only what was in a failed batch, and goes on", async () => {
    const { context, decoder } = createDecoder({ sequences: 1 });
    const lease = await decoder.acquire(never);
    context.failure = new Error("no KV slot");
    await expect(next(lease, [1, 2])).rejects.toMatchObject({ code: "internal" });
    context.failure = undefined;
    lease.release();
    expect(await next(await decoder.acquire(never), [3], 4)).toBe(4);
  });

  it("passes on why a token could not be chosen", async () => {
    const { decoder } = createDecoder({ sequences: 1 });
    const lease = await decoder.acquire(never);
    const failing = lease.next(Uint32Array.of(1), () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toMatchObject({ code: "internal" });
  });

  it("ends everything when it is closed", async () => {
    const { context, decoder } = createDecoder({ sequences: 1 });
    const running = next(await decoder.acquire(never), [1, 2, 3]);
    const waiting = decoder.acquire(never);
    const settled = Promise.allSettled([running, waiting]);
    await decoder.close();
    const shuttingDown = { status: "rejected", reason: { code: "unavailable" } };
    expect(await settled).toMatchObject([shuttingDown, shuttingDown]);
    await expect(decoder.acquire(never)).rejects.toMatchObject({ code: "unavailable" });
    expect(context.batches.length).toBeLessThan(3);
  });
});
