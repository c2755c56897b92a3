import { FlockError } from "@flock/errors";
import { call, type Mesh } from "@flock/mesh";
import { type MicroLlama, microLlama } from "@flock/money";
import { PROTOCOL_VERSION } from "@flock/proto";
import { EpochState, LEDGER, type PayoutState } from "@flock/proto/ledger";

/** What the treasury asks of the ledger. Every call that changes something is idempotent by its id. */
export interface Ledger {
  /** Reserves; the state tells what has become of it since, if it was reserved before. */
  reservePayout(id: string, ledgerAccount: string, amount: MicroLlama): Promise<PayoutState>;
  postPayout(id: string, signature: string): Promise<void>;
  voidPayout(id: string): Promise<void>;
  custody(signature: string, amount: MicroLlama): Promise<void>;
  /** `accountId` empty: to suspense. */
  deposit(signature: string, accountId: string, amount: MicroLlama): Promise<void>;
  claimDeposit(signature: string, accountId: string): Promise<void>;
  /** Whether any account of the owner was ever opened. */
  ownerExists(owner: string): Promise<boolean>;
  /** Balance of `external:solana`. */
  external(): Promise<MicroLlama>;
  payable(threshold: MicroLlama, cursor: string): Promise<PayablePage>;
  /** Epochs whose root is to be anchored, newest first; one page. */
  closedEpochs(): Promise<ClosedEpoch[]>;
  /** The newest epoch that is closed, anchored or not: what earnings are paid for. */
  newestClosedEpoch(): Promise<bigint | undefined>;
  epochAnchored(epoch: bigint, root: Uint8Array, signature: string): Promise<void>;
  totals(): Promise<LedgerTotals>;
}

export interface PayablePage {
  readonly accounts: readonly {
    readonly workerId: string;
    readonly ledgerAccount: string;
    readonly available: MicroLlama;
  }[];
  /** Empty on the last page. */
  readonly nextCursor: string;
}

export interface ClosedEpoch {
  readonly epoch: bigint;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

export interface LedgerTotals {
  readonly kinds: readonly { readonly kind: string; readonly sum: MicroLlama }[];
  readonly position: bigint;
  readonly hash: Uint8Array;
}

const version = PROTOCOL_VERSION;
const CALL = { timeoutMs: 5_000 };

/** The ledger over the mesh. */
export class MeshLedger implements Ledger {
  readonly #mesh: Mesh;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  async reservePayout(
    payoutId: string,
    ledgerAccount: string,
    amountMicro: MicroLlama,
  ): Promise<PayoutState> {
    const request = { version, payoutId, ledgerAccount, amountMicro };
    return (await call(this.#mesh, LEDGER.reservePayout, request, CALL)).state;
  }

  async postPayout(payoutId: string, signature: string): Promise<void> {
    await call(this.#mesh, LEDGER.postPayout, { version, payoutId, signature }, CALL);
  }

  async voidPayout(payoutId: string): Promise<void> {
    await call(this.#mesh, LEDGER.voidPayout, { version, payoutId }, CALL);
  }

  async custody(signature: string, amountMicro: MicroLlama): Promise<void> {
    await call(this.#mesh, LEDGER.custody, { version, signature, amountMicro }, CALL);
  }

  async deposit(signature: string, accountId: string, amountMicro: MicroLlama): Promise<void> {
    await call(this.#mesh, LEDGER.deposit, { version, signature, accountId, amountMicro }, CALL);
  }

  async claimDeposit(signature: string, accountId: string): Promise<void> {
    await call(this.#mesh, LEDGER.claimDeposit, { version, signature, accountId }, CALL);
  }

  async ownerExists(owner: string): Promise<boolean> {
    return (await call(this.#mesh, LEDGER.owner, { version, owner }, CALL)).exists;
  }

  async external(): Promise<MicroLlama> {
    const request = { version, ledgerAccount: "external:solana" };
    return microLlama((await call(this.#mesh, LEDGER.balance, request, CALL)).postedMicro);
  }

  async payable(thresholdMicro: MicroLlama, cursor: string): Promise<PayablePage> {
    const request = { version, thresholdMicro, cursor, limit: 500 };
    const reply = await call(this.#mesh, LEDGER.payable, request, CALL);
    return {
      accounts: reply.accounts.map(({ workerId, ledgerAccount, availableMicro }) => ({
        workerId,
        ledgerAccount,
        available: microLlama(availableMicro),
      })),
      nextCursor: reply.nextCursor,
    };
  }

  async closedEpochs(): Promise<ClosedEpoch[]> {
    const request = { version, cursor: "", limit: 100, state: EpochState.CLOSED };
    const reply = await call(this.#mesh, LEDGER.epochs, request, CALL);
    return reply.epochs.map(({ number, statementRoot }) => ({ epoch: BigInt(number), root: statementRoot }));
  }

  async newestClosedEpoch(): Promise<bigint | undefined> {
    const newest = async (state: EpochState) => {
      const request = { version, cursor: "", limit: 1, state };
      return (await call(this.#mesh, LEDGER.epochs, request, CALL)).epochs[0]?.number ?? -1;
    };
    const number = Math.max(await newest(EpochState.CLOSED), await newest(EpochState.ANCHORED));
    return number < 0 ? undefined : BigInt(number);
  }

  async epochAnchored(epoch: bigint, root: Uint8Array, signature: string): Promise<void> {
    const request = { version, epoch: Number(epoch), root, signature };
    await call(this.#mesh, LEDGER.epochAnchored, request, CALL);
  }

  async totals(): Promise<LedgerTotals> {
    const reply = await call(this.#mesh, LEDGER.totals, { version }, CALL);
    return {
      kinds: reply.totals.map(({ kind, postedMicro }) => ({ kind, sum: microLlama(postedMicro) })),
      position: reply.chainPosition,
      hash: reply.chainHash,
    };
  }
}

/** True if repeating the call cannot help: the ledger understood, and refused. */
export function isRefusal(error: unknown): error is FlockError {
  return error instanceof FlockError && error.retry === "never" && error.code !== "internal";
}
