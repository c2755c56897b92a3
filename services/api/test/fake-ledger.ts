import { LEDGER_METHODS } from "@flock/calls";
import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import {
  type CollectRequest,
  Epoch,
  EpochState,
  PROTOCOL_VERSION,
  type StakeRequest,
  TransferPhase,
  type UnstakeRequest,
} from "@flock/proto";

const version = PROTOCOL_VERSION;

/** As the ledger refuses for want of money, of which running jobs hold some. */
export function tooLittle(needed: bigint, available: bigint, held = 0n): FlockError {
  const details = {
    neededMicro: String(needed),
    availableMicro: String(available),
    ...(held > 0n ? { heldMicro: String(held) } : {}),
  };
  return new FlockError("insufficient_funds", "too little", { details });
}

export const EPOCH_STARTS_MS = Date.parse("2026-11-22T00:00:00Z");
const EPOCH_MS = 60_000;

/**
 * A fake of the ledger: balances that a test sets, and what it was asked. It keeps no books: it refuses what is more
 * than the balance, knows a request id again, and moves nothing but what stakes show.
 */
export class FakeLedger {
  /** Posted µLLAMA by ledger account; an account that is not here does not exist. */
  readonly balances = new Map<string, bigint>();
  /** Held or reserved, likewise. */
  readonly held = new Map<string, bigint>();
  /** What of it running jobs hold, likewise. */
  readonly heldByJobs = new Map<string, bigint>();
  readonly stakes: StakeRequest[] = [];
  readonly unstakes: UnstakeRequest[] = [];
  readonly collects: CollectRequest[] = [];
  balanceCalls = 0;
  /** How many epochs there are; the newest is open. */
  epochs = 3;
  /** Portions of the statement of epoch 0. */
  statement: readonly (readonly string[])[] = [];
  statementCalls = 0;
  readonly #done = new Map<string, string>();

  methods(): readonly ServedMethod[] {
    return [...this.#books(), ...this.#moves(), ...this.#history()];
  }

  #books(): readonly ServedMethod[] {
    return [
      method(LEDGER_METHODS.balance, ({ ledgerAccount }) => {
        this.balanceCalls += 1;
        const postedMicro = this.balances.get(ledgerAccount);
        if (postedMicro === undefined) throw new FlockError("not_found", "no such account");
        const heldMicro = this.held.get(ledgerAccount) ?? 0n;
        const heldByJobsMicro = this.heldByJobs.get(ledgerAccount);
        return { version, postedMicro, heldMicro, availableMicro: postedMicro - heldMicro, heldByJobsMicro };
      }),
      method(LEDGER_METHODS.statement, ({ ledgerAccount, cursor, limit }) => ({
        version,
        nextCursor: cursor === "" ? "41" : "",
        transfers: [
          {
            transferId: `deposit:${cursor || "first"}:${limit}`,
            kind: "deposit",
            debitAccount: "external:solana",
            creditAccount: ledgerAccount,
            amountMicro: 10_000_000_000_000_001n,
            businessId: "signature",
            createdUnixMs: EPOCH_STARTS_MS,
            sequence: 42n,
            phase: TransferPhase.SINGLE,
          },
        ],
      })),
      method(LEDGER_METHODS.unstakes, ({ owner }) => ({
        version,
        nextCursor: "",
        unstakes: this.unstakes
          .filter((each) => each.owner === owner)
          .map(({ requestId, amountMicro }, index) => ({
            requestId,
            amountMicro,
            releaseUnixMs: EPOCH_STARTS_MS,
            isReleased: index > 0,
            releasedMicro: 0n,
          })),
      })),
    ];
  }

  #moves(): readonly ServedMethod[] {
    return [
      method(LEDGER_METHODS.stake, (request) => {
        this.#take(request.requestId, `wallet:${request.owner}`, request.amountMicro, () => {
          this.stakes.push(request);
          this.#add(`stake:${request.owner}`, request.amountMicro);
        });
        const stakedMicro = this.balances.get(`stake:${request.owner}`) ?? 0n;
        return { version, stakedMicro, availableMicro: this.balances.get(`wallet:${request.owner}`) ?? 0n };
      }),
      method(LEDGER_METHODS.unstake, (request) => {
        this.#take(request.requestId, `stake:${request.owner}`, request.amountMicro, () => {
          this.unstakes.push(request);
          this.#add(`cooling:${request.owner}`, request.amountMicro);
        });
        const stakedMicro = this.balances.get(`stake:${request.owner}`) ?? 0n;
        return { version, stakedMicro, releaseUnixMs: EPOCH_STARTS_MS };
      }),
      method(LEDGER_METHODS.collect, (request) => {
        this.#take(request.requestId, `vested:${request.workerId}`, request.amountMicro, () => {
          this.collects.push(request);
          this.#add(`wallet:${request.workerId}`, request.amountMicro);
        });
        return {
          version,
          vestedMicro: this.balances.get(`vested:${request.workerId}`) ?? 0n,
          availableMicro: this.balances.get(`wallet:${request.workerId}`) ?? 0n,
        };
      }),
    ];
  }

  #history(): readonly ServedMethod[] {
    return [
      method(LEDGER_METHODS.earnings, ({ cursor }) => {
        const days = cursor === "" ? ["2026-11-22", "2026-11-21"] : ["2026-10-01"];
        return {
          version,
          nextCursor: cursor === "" ? "2026-11-21" : "",
          earnings: days.map((day) => ({
            day,
            model: "flock-tiny:latest",
            jobs: 3n,
            promptTokens: 10n,
            completionTokens: 20n,
            shareMicro: 950n,
            clawedBackMicro: 50n,
          })),
        };
      }),
      method(LEDGER_METHODS.epochs, ({ cursor, limit }) => {
        const before = cursor === "" ? this.epochs : Number(cursor);
        const numbers = Array.from({ length: Math.min(limit, before) }, (_, index) => before - 1 - index);
        return {
          version,
          epochs: numbers.map((number) => this.#epoch(number)),
          nextCursor: (numbers.at(-1) ?? 0) > 0 ? String(numbers.at(-1)) : "",
        };
      }),
      method(LEDGER_METHODS.epoch, ({ epoch }) => {
        if (epoch >= this.epochs) throw new FlockError("not_found", `there is no epoch ${epoch}`);
        return { version, epoch: this.#epoch(epoch) };
      }),
      method(LEDGER_METHODS.epochStatement, ({ epoch, cursor }) => {
        this.statementCalls += 1;
        if (epoch >= this.epochs) throw new FlockError("not_found", `there is no epoch ${epoch}`);
        if (epoch > 0) throw new FlockError("failed_precondition", `epoch ${epoch} is open, not closed`);
        const portion = Number(cursor || 0);
        const lines = this.statement[portion];
        if (lines === undefined) throw new FlockError("invalid_argument", "cursor is not one of ours");
        const isLast = portion + 1 >= this.statement.length;
        return { version, lines: [...lines], nextCursor: isLast ? "" : String(portion + 1) };
      }),
    ];
  }

  #epoch(number: number): Epoch {
    const isClosed = number === 0;
    return Epoch.fromPartial({
      number,
      state: isClosed ? EpochState.ANCHORED : EpochState.OPEN,
      startsUnixMs: EPOCH_STARTS_MS + number * EPOCH_MS,
      endsUnixMs: EPOCH_STARTS_MS + (number + 1) * EPOCH_MS,
      closesUnixMs: EPOCH_STARTS_MS + (number + 2) * EPOCH_MS,
      parametersVersion: 1,
      statementRoot: isClosed ? Buffer.alloc(32, 0xab) : Buffer.alloc(0),
      statementLines: isClosed ? 7 : 0,
      anchorSignature: isClosed ? "anchor" : "",
    });
  }

  /** Once per id; the same id with something else is refused. */
  #take(id: string, ledgerAccount: string, amount: bigint, effect: () => void): void {
    const body = `${ledgerAccount} ${amount}`;
    const known = this.#done.get(id);
    if (known === body) return;
    if (known !== undefined) throw new FlockError("already_exists", `another request ${id} exists`);
    const available = (this.balances.get(ledgerAccount) ?? 0n) - (this.held.get(ledgerAccount) ?? 0n);
    if (available < amount) throw tooLittle(amount, available, this.heldByJobs.get(ledgerAccount));
    this.#done.set(id, body);
    this.#add(ledgerAccount, -amount);
    effect();
  }

  #add(ledgerAccount: string, amount: bigint): void {
    this.balances.set(ledgerAccount, (this.balances.get(ledgerAccount) ?? 0n) + amount);
  }
}
