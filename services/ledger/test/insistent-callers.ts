import { FlockError, type FlockErrorCode } from "@flock/errors";
import type { ServiceMethod } from "@flock/proto";
import { EpochState, LEDGER } from "@flock/proto/ledger";
import fc from "fast-check";
import { Effects } from "./effects.js";
import { insist, type MeshClient, signatureOf } from "./mesh-client.js";

/**
 * Every call that changes something, with the refusals that may answer it: a caller that repeats a call is never
 * refused because of itself.
 */
const REFUSALS = {
  hold: ["insufficient_funds"],
  fund: [],
  custody: ["already_exists"],
  deposit: ["already_exists"],
  claimDeposit: ["already_exists"],
  reservePayout: ["insufficient_funds"],
  postPayout: ["failed_precondition"],
  voidPayout: ["failed_precondition"],
  stake: ["insufficient_funds"],
  unstake: ["insufficient_funds"],
  collect: ["insufficient_funds"],
  // The job's event may not be settled yet, its epoch may be closing.
  clawback: ["not_found", "failed_precondition"],
  slash: ["failed_precondition"],
  compensate: ["not_found", "insufficient_funds"],
  epochAnchored: [],
} as const satisfies Partial<Record<keyof typeof LEDGER, readonly FlockErrorCode[]>>;

type CallName = keyof typeof REFUSALS;

/** All names that {@link InsistentCallers.inFlight} can give. */
export const CALLS = Object.keys(REFUSALS) as readonly CallName[];

interface Action {
  readonly kind: (typeof ACTIONS)[number];
  readonly amount: bigint;
  /** So many callers make the call at once. */
  readonly copies: number;
  /** Decides whatever else there is to decide. */
  readonly pick: number;
}

const ACTIONS = [
  "fund",
  "deposit",
  "claim",
  "custody",
  "payout",
  "stake",
  "unstake",
  "collect",
  "slash",
  "job",
  "verdict",
] as const;
const anyAction: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom(...ACTIONS, "job", "job", "verdict"),
  amount: fc.bigInt({ min: 1n, max: 3_000n }),
  copies: fc.constantFrom(1, 1, 2, 3),
  pick: fc.nat({ max: 9_999 }),
});
const ACTIONS_DRAWN = 500;

interface PublishedJob {
  readonly id: string;
  readonly end: "completed" | "failed";
  readonly account: string;
  readonly worker: string;
  readonly charge: bigint;
  readonly workerShare: bigint;
}

/**
 * Accounts that ask a ledger for whatever it serves, at random, each one thing after the other, and repeat every call
 * under the same id until it is answered. What was answered is what has to be in the books: {@link effects}.
 */
export class InsistentCallers {
  readonly effects = new Effects();
  readonly #client: MeshClient;
  readonly #inFlight: CallName[] = [];
  readonly #jobs = new Map<string, PublishedJob>();
  readonly #anchored = new Set<number>();
  readonly #running: Promise<unknown>;
  #isDone = false;
  #hasGivenUp = false;
  #answered = 0;

  /** Begins at once; `accounts` of them, who draw what they do from `seed`. */
  constructor(client: MeshClient, accounts: number, seed: number) {
    this.#client = client;
    const names = Array.from({ length: accounts }, (_, index) => `c${index}`);
    this.#running = Promise.all([
      ...names.map((name, index) => this.#live(name, names, seed + index)),
      this.#anchor(),
    ]);
    // Told by stop(); until then it is nobody's.
    this.#running.catch(() => {});
  }

  /** Calls that were answered. */
  get answered(): number {
    return this.#answered;
  }

  /** What is being asked for at this moment. */
  get inFlight(): readonly CallName[] {
    return [...this.#inFlight];
  }

  /** Jobs whose end was published. */
  get jobs(): ReadonlyMap<string, PublishedJob> {
    return this.#jobs;
  }

  /** Epochs that were said to be anchored, by {@link anchorOf}. */
  get anchored(): ReadonlySet<number> {
    return this.#anchored;
  }

  /** Returns when all have their last answer. Throws what no call may be answered with. */
  async stop(): Promise<void> {
    this.#isDone = true;
    await this.#running;
  }

  /** Ends them without their answers, when the test has failed. */
  giveUp(): void {
    this.#hasGivenUp = true;
  }

  async #live(name: string, names: readonly string[], seed: number): Promise<void> {
    const actions = fc.sample(anyAction, { seed, numRuns: ACTIONS_DRAWN });
    await this.#fund(`${name}-begin`, name, 1_000_000n, 1);
    await this.#convert("stake", `${name}-begin`, name, 100_000n, 1);
    for (let turn = 0; !this.#isDone; turn++) {
      const action = actions[turn % actions.length];
      const other = names[(turn + (action?.pick ?? 0)) % names.length];
      if (action !== undefined && other !== undefined)
        await this.#act(`${name}-${turn}`, name, other, action);
    }
  }

  async #act(id: string, name: string, other: string, action: Action): Promise<void> {
    const { amount, copies } = action;
    switch (action.kind) {
      case "fund":
        return await this.#fund(id, name, amount, copies);
      case "deposit":
        return await this.#deposit(id, name, amount, copies);
      case "claim":
        return await this.#claim(id, [name, other], amount, copies);
      case "custody":
        return await this.#custody(id, name, amount, copies);
      case "payout":
        return await this.#payout(id, name, action);
      case "stake":
      case "unstake":
      case "collect":
        return await this.#convert(action.kind, id, name, amount, copies);
      case "slash":
        return void (await this.#slash({ caseId: id, owner: other, amountMicro: amount }, copies));
      case "job":
        return await this.#job(id, name, other, action);
      case "verdict":
        return await this.#verdict(action);
    }
  }

  async #fund(transferId: string, accountId: string, amountMicro: bigint, copies: number): Promise<void> {
    await this.#send("fund", { transferId, accountId, amountMicro }, copies);
    this.effects.note(`grant:${transferId}`, "pool:dev", `wallet:${accountId}`, amountMicro);
  }

  async #deposit(id: string, accountId: string, amountMicro: bigint, copies: number): Promise<void> {
    const reply = await this.#send("deposit", { signature: signatureOf(id), accountId, amountMicro }, copies);
    expect(reply).toBeDefined();
    this.effects.note(`deposit:${id}`, "external:solana", `wallet:${accountId}`, amountMicro);
  }

  /** A deposit without an account that two claim. */
  async #claim(id: string, claimants: readonly string[], amountMicro: bigint, copies: number): Promise<void> {
    const signature = signatureOf(id);
    await this.#send("deposit", { signature, accountId: "", amountMicro }, copies);
    this.effects.note(`deposit:${id}`, "external:solana", "suspense:deposits", amountMicro);
    const different = [...new Set(claimants)];
    const replies = await Promise.all(
      different.map((accountId) => this.#send("claimDeposit", { signature, accountId }, copies)),
    );
    const [winner] = theOnly(different.filter((_, index) => replies[index] !== undefined));
    this.effects.note(`claim:${id}`, "suspense:deposits", `wallet:${winner}`, amountMicro);
  }

  /** A transaction that is told to be custody and to be a deposit. */
  async #custody(id: string, accountId: string, amountMicro: bigint, copies: number): Promise<void> {
    const signature = signatureOf(id);
    const replies = await Promise.all([
      this.#send("custody", { signature, amountMicro }, copies),
      this.#send("deposit", { signature, accountId, amountMicro }, copies),
    ]);
    const [account] = theOnly(
      ["supply:root", `wallet:${accountId}`].filter((_, index) => replies[index] !== undefined),
    );
    this.effects.note(`arrival:${id}`, "external:solana", account, amountMicro);
  }

  /** A payout that is posted, voided, or both. */
  async #payout(id: string, name: string, { amount: amountMicro, copies, pick }: Action): Promise<void> {
    const ledgerAccount = `${pick % 2 === 0 ? "wallet" : "vested"}:${name}`;
    const reserve = { payoutId: id, ledgerAccount, amountMicro };
    if ((await this.#send("reservePayout", reserve, copies)) === undefined) return;
    const [isPosted, isVoided] = [pick % 3 !== 0, pick % 3 !== 1];
    const ends = await Promise.all([
      isPosted && this.#send("postPayout", { payoutId: id, signature: signatureOf(id) }, copies),
      isVoided && this.#send("voidPayout", { payoutId: id }, copies),
    ]);
    const [end] = theOnly(["posted", "voided"].filter((_, index) => ends[index]));
    if (end === "posted") this.effects.note(`payout:${id}`, ledgerAccount, "external:solana", amountMicro);
  }

  async #convert(
    kind: "stake" | "unstake" | "collect",
    requestId: string,
    name: string,
    amountMicro: bigint,
    copies: number,
  ): Promise<void> {
    const request = { requestId, amountMicro };
    const reply =
      kind === "collect"
        ? await this.#send(kind, { ...request, workerId: name }, copies)
        : await this.#send(kind, { ...request, owner: name }, copies);
    const [from, to] = {
      stake: ["wallet", "stake"] as const,
      unstake: ["stake", "cooling"] as const,
      collect: ["vested", "wallet"] as const,
    }[kind];
    if (reply !== undefined)
      this.effects.note(`${kind}:${requestId}`, `${from}:${name}`, `${to}:${name}`, amountMicro);
  }

  /** What was taken. */
  async #slash(
    slash: { readonly caseId: string; readonly owner: string; readonly amountMicro: bigint },
    copies: number,
  ): Promise<bigint> {
    const reply = await this.#send("slash", slash, copies);
    if (reply === undefined) return 0n;
    const { caseId, owner } = slash;
    const { fromStakeMicro, fromCoolingMicro } = reply;
    this.effects.note(`slash:${caseId}`, `stake:${owner}`, "pool:slashed", fromStakeMicro);
    this.effects.note(`slash:${caseId}:cooling`, `cooling:${owner}`, "pool:slashed", fromCoolingMicro);
    return fromStakeMicro + fromCoolingMicro;
  }

  /** A job that is held for, and ends. What its events do is known before they are settled. */
  async #job(id: string, account: string, worker: string, { copies, pick }: Action): Promise<void> {
    const hold = {
      jobId: id,
      accountId: account,
      amountMaxMicro: 100n,
      amountMinMicro: 1n,
      timeoutMs: 600_000,
    };
    const reply = await this.#send("hold", hold, copies);
    if (reply === undefined) return;
    const end = pick % 5 === 0 ? "failed" : "completed";
    const tokens = pick % 150;
    const charge = end === "failed" ? 0n : BigInt(Math.min(tokens, Number(reply.grantedMicro)));
    const workerShare = (charge * 95n) / 100n;
    for (let copy = 0; copy < copies; copy++)
      await this.#untilAnswered(() =>
        end === "failed"
          ? this.#client.failed(id, account)
          : this.#client.completed(id, account, tokens, worker),
      );
    this.#jobs.set(id, { id, end, account, worker, charge, workerShare });
    this.effects.note(`settlement:${id}`, `wallet:${account}`, `earnings:${worker}`, workerShare);
    this.effects.note(`fee:${id}`, `wallet:${account}`, "pool:fees", charge - workerShare);
  }

  async #verdict({ pick, copies }: Action): Promise<void> {
    const charged = [...this.#jobs.values()].filter(({ workerShare }) => workerShare > 0n);
    const job = charged[pick % charged.length];
    if (job === undefined) return;
    const { id: jobId, account, worker, charge, workerShare } = job;
    if (pick % 3 > 0) {
      const reply = await this.#send("clawback", { jobId }, copies);
      if (reply === undefined) return;
      expect(reply).toMatchObject({ workerId: worker, amountMicro: workerShare });
      this.effects.note(`clawback:${jobId}`, `earnings:${worker}`, "pool:slashed", workerShare);
    } else {
      const slash = { caseId: jobId, owner: worker, amountMicro: charge };
      const amountMicro = await this.#slash(slash, copies);
      if (amountMicro === 0n) return;
      const reply = await this.#send("compensate", { jobId, amountMicro }, copies);
      if (reply === undefined) return;
      expect(reply).toMatchObject({ accountId: account });
      this.effects.note(`compensate:${jobId}`, "pool:slashed", `wallet:${account}`, amountMicro);
    }
  }

  /** Says again and again of every closed epoch that it is anchored. */
  async #anchor(): Promise<void> {
    while (!this.#isDone) {
      const list = { cursor: "", limit: 0, state: EpochState.UNSPECIFIED };
      const { epochs } = await this.#untilAnswered(() => this.#client.ask(LEDGER.epochs, list));
      for (const { number: epoch, state, statementRoot: root } of epochs) {
        if (state !== EpochState.CLOSED && state !== EpochState.ANCHORED) continue;
        await this.#send("epochAnchored", { epoch, root, signature: anchorOf(epoch) }, 2);
        this.#anchored.add(epoch);
      }
    }
  }

  /** The same call from several callers; undefined if it was refused to all of them. */
  async #send<Name extends CallName>(
    name: Name,
    request: Omit<RequestOf<Name>, "version">,
    copies: number,
  ): Promise<ReplyOf<Name> | undefined> {
    const replies = await Promise.all(Array.from({ length: copies }, () => this.#insist(name, request)));
    return replies.find((reply) => reply !== undefined);
  }

  #untilAnswered<T>(attempt: () => Promise<T>): Promise<T> {
    return insist(() => {
      if (this.#hasGivenUp) throw new FlockError("cancelled", "the test is over");
      return attempt();
    });
  }

  async #insist<Name extends CallName>(
    name: Name,
    request: Omit<RequestOf<Name>, "version">,
  ): Promise<ReplyOf<Name> | undefined> {
    // CAST: a method's own types.
    const method = LEDGER[name] as unknown as ServiceMethod<RequestOf<Name>, ReplyOf<Name>>;
    this.#inFlight.push(name);
    try {
      return await this.#untilAnswered(() => this.#client.ask(method, request));
    } catch (error) {
      const refusals: readonly FlockErrorCode[] = REFUSALS[name];
      if (!refusals.includes(FlockError.from(error).code)) throw error;
      return undefined;
    } finally {
      this.#inFlight.splice(this.#inFlight.indexOf(name), 1);
      this.#answered += 1;
    }
  }
}

type RequestOf<Name extends CallName> =
  (typeof LEDGER)[Name] extends ServiceMethod<infer Request, infer _> ? Request : never;
type ReplyOf<Name extends CallName> =
  (typeof LEDGER)[Name] extends ServiceMethod<infer _, infer Reply> ? Reply : never;

/** The signature that an epoch is said to be anchored by. */
export function anchorOf(epoch: number): string {
  return signatureOf(`anchor-${epoch}`);
}

/** Exactly one of what excludes each other was granted. */
function theOnly<T>(granted: readonly T[]): readonly [T] {
  expect(granted).toHaveLength(1);
  // CAST: just counted.
  return granted as unknown as readonly [T];
}
