import { FlockError } from "@flock/errors";
import type { NativeContext } from "./addon.js";
import type { LogitReader } from "./logit-reader.js";

/** Chooses the token that follows a position from its logits. */
export type ChooseToken = (logits: LogitReader) => Promise<number>;

/** One of the decoder's sequences, empty at first, for as long as one generation needs it. One call at a time. */
export interface SequenceLease {
  /** Appends `tokens` in bulk: faster than one by one, with slightly different rounding (see {@link BatchDecoder}). */
  prefill(tokens: Uint32Array): Promise<void>;
  /**
   * Appends `tokens` (at least one) one by one and resolves to the token that `choose` picks to follow them; the chosen
   * token is not appended.
   */
  next(tokens: Uint32Array, choose: ChooseToken): Promise<number>;
  /** Gives the sequence back at once; what is under way rejects with `cancelled`. Idempotent. */
  release(): void;
}

export interface BatchDecoderOptions {
  /** One reader per sequence: how many sequences are decoded side by side. */
  readonly readers: readonly LogitReader[];
  /** Prompt tokens per bulk batch, at least 3. Small: a long prompt delays running streams by one batch at a time. */
  readonly bulkTokensMax: number;
  /** Leases that may wait for a free sequence before {@link BatchDecoder.acquire} refuses. */
  readonly queueMax: number;
}

interface Slot {
  readonly sequence: number;
  readonly reader: LogitReader;
}

interface Step {
  readonly lease: Lease;
  /** What is still to be appended. */
  tokens: Uint32Array;
  /** undefined: a bulk step. */
  readonly choose: ChooseToken | undefined;
  readonly resolve: (token: number) => void;
  readonly reject: (reason: FlockError) => void;
}

/** A step's share of one batch. */
interface Part {
  readonly step: Step;
  readonly tokens: Uint32Array;
  readonly isLast: boolean;
}

interface Waiter {
  readonly grant: (lease: Lease) => void;
  readonly refuse: (reason: FlockError) => void;
}

const NO_LOGITS = new Uint32Array();

/**
 * Continuous batching: as long as any sequence has something to append, round after round is decoded. A round is one
 * batch with the next token of every running sequence, then one batch with a piece of the prompt that has waited
 * longest.
 *
 * The two are kept apart because llama.cpp evaluates a single token of a sequence with other kernels than several
 * tokens at once, and the kernels sometimes round differently (enough to turn a near tie). So there are two kinds of
 * steps. Within a kind the logits of a position are the same bit for bit, whatever else is decoded and in whatever
 * pieces (tested). For that, a bulk batch holds one sequence only, and never a single token that is the rest of more.
 */
export class BatchDecoder {
  readonly #context: NativeContext;
  readonly #options: BatchDecoderOptions;
  readonly #free: Slot[];
  readonly #waiting = new Set<Waiter>();
  #pending: Step[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(context: NativeContext, options: BatchDecoderOptions) {
    this.#context = context;
    this.#options = options;
    this.#free = options.readers.map((reader, sequence) => ({ sequence, reader }));
  }

  /** Sequences in use plus leases waiting. */
  get load(): number {
    return this.#options.readers.length - this.#free.length + this.#waiting.size;
  }

  /**
   * A lease on an empty sequence, first come first served. Throws `unavailable` (`server busy, please try again`) when
   * the queue is full, `cancelled` when `signal` aborts while waiting.
   */
  acquire(signal: AbortSignal): Promise<SequenceLease> {
    if (this.#isClosed) return Promise.reject(shuttingDown());
    if (signal.aborted) return Promise.reject(cancelled());
    const slot = this.#free.shift();
    if (slot !== undefined) return Promise.resolve(this.#lease(slot));
    if (this.#waiting.size >= this.#options.queueMax) {
      return Promise.reject(new FlockError("unavailable", "server busy, please try again"));
    }
    return new Promise((resolve, reject) => {
      const leave = () => waiter.refuse(cancelled());
      const settle = () => {
        this.#waiting.delete(waiter);
        signal.removeEventListener("abort", leave);
      };
      const waiter: Waiter = {
        grant: (lease) => {
          settle();
          resolve(lease);
        },
        refuse: (reason) => {
          settle();
          reject(reason);
        },
      };
      this.#waiting.add(waiter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  /** Refuses whatever waits or is under way, and resolves when the native context is no longer in use. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiter of [...this.#waiting]) waiter.refuse(shuttingDown());
    for (const step of this.#pending) step.lease.release(shuttingDown());
    await this.#running;
    for (const reader of this.#options.readers) reader.dispose();
  }

  #lease(slot: Slot): Lease {
    return new Lease(slot, {
      append: (step) => {
        if (this.#isClosed) {
          step.reject(shuttingDown());
          return;
        }
        this.#pending.push(step);
        this.#running ??= this.#run();
      },
      released: (lease) => {
        this.#pending = this.#pending.filter((step) => step.lease !== lease);
        const next = this.#waiting.values().next();
        if (next.done === true) this.#putBack(slot);
        else next.value.grant(this.#lease(slot));
      },
    });
  }

  /** Lowest first: llama.cpp evaluates sequences together only if their numbers are consecutive. */
  #putBack(slot: Slot): void {
    this.#free.push(slot);
    this.#free.sort((a, b) => a.sequence - b.sequence);
  }

  async #run(): Promise<void> {
    do {
      // Lets the event loop take in new requests and aborts, and gathers what this turn's callers append into one
      // batch.
      await new Promise(setImmediate);
      await this.#decode(this.#takeSingles());
      await this.#decode(this.#takeBulk());
    } while (this.#pending.length > 0);
    this.#running = undefined;
  }

  async #decode(parts: readonly Part[]): Promise<void> {
    if (parts.length === 0) return;
    try {
      this.#context.initBatch(parts.reduce((sum, { tokens }) => sum + tokens.length, 0));
      const batchIndexes = parts.map((part) => this.#addToBatch(part));
      await this.#context.decodeBatch();
      await Promise.all(parts.map((part, index) => finish(part, batchIndexes[index])));
    } catch (cause) {
      const failure = new FlockError("internal", "the model failed to evaluate", { cause });
      for (const { step } of parts) step.reject(failure);
      const failed = new Set(parts.map(({ step }) => step));
      this.#pending = this.#pending.filter((step) => !failed.has(step));
    }
  }

  /** Returns where the logits will be, if they are needed. */
  #addToBatch({ step, tokens, isLast }: Part): number | undefined {
    const { lease, choose } = step;
    const { sequence } = lease.slot;
    // Only here, between two decodes, may the previous tenant's history be cleared.
    if (lease.position === 0) this.#context.disposeSequence(sequence);
    const logitIndexes = isLast && choose !== undefined ? Uint32Array.of(tokens.length - 1) : NO_LOGITS;
    const [batchIndex] = this.#context.addToBatch(sequence, lease.position, tokens, logitIndexes);
    lease.position += tokens.length;
    return batchIndex;
  }

  #takeSingles(): Part[] {
    return this.#pending.filter((step) => step.choose !== undefined).map((step) => this.#take(step, 1));
  }

  #takeBulk(): Part[] {
    const step = this.#pending.find((candidate) => candidate.choose === undefined);
    if (step === undefined) return [];
    const max = this.#options.bulkTokensMax;
    const leavesOne = step.tokens.length === max + 1;
    return [this.#take(step, leavesOne ? max - 1 : max)];
  }

  /** Takes up to `count` tokens from a step; with its last ones it leaves the queue. */
  #take(step: Step, count: number): Part {
    const tokens = step.tokens.subarray(0, count);
    const isLast = tokens.length === step.tokens.length;
    step.tokens = step.tokens.subarray(tokens.length);
    if (isLast) this.#pending = this.#pending.filter((other) => other !== step);
    return { step, tokens, isLast };
  }
}

/** A released step's outcome is nobody's concern any more: its promise has been rejected already. */
async function finish({ step, isLast }: Part, batchIndex: number | undefined): Promise<void> {
  if (!isLast || step.lease.isReleased) return;
  if (step.choose === undefined || batchIndex === undefined) {
    step.resolve(0);
    return;
  }
  const { reader } = step.lease.slot;
  reader.batchIndex = batchIndex;
  try {
    step.resolve(await step.choose(reader));
  } catch (error) {
    step.reject(FlockError.from(error));
  }
}

class Lease implements SequenceLease {
  readonly slot: Slot;
  readonly #decoder: { append(step: Step): void; released(lease: Lease): void };
  /** Tokens that the sequence holds. */
  position = 0;
  isReleased = false;
  #rejectStep: ((reason: FlockError) => void) | undefined;

  constructor(slot: Slot, decoder: { append(step: Step): void; released(lease: Lease): void }) {
    this.slot = slot;
    this.#decoder = decoder;
  }

  async prefill(tokens: Uint32Array): Promise<void> {
    if (tokens.length > 0) await this.#append(tokens, undefined);
  }

  next(tokens: Uint32Array, choose: ChooseToken): Promise<number> {
    return this.#append(tokens, choose);
  }

  #append(tokens: Uint32Array, choose: ChooseToken | undefined): Promise<number> {
    if (this.isReleased) return Promise.reject(cancelled());
    return new Promise((resolve, reject) => {
      this.#rejectStep = reject;
      this.#decoder.append({ lease: this, tokens, choose, resolve, reject });
    });
  }

  release(reason = cancelled()): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.#rejectStep?.(reason);
    this.#decoder.released(this);
  }
}

const cancelled = () => new FlockError("cancelled", "the request was cancelled");
const shuttingDown = () => new FlockError("unavailable", "the engine is shutting down");
