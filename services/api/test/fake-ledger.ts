import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { formatLlama, microLlama, minMicro, TOTAL_SUPPLY } from "@flock/money";
import { PROTOCOL_VERSION } from "@flock/proto";
import {
  type CollectRequest,
  type DayEarnings,
  type EarningsTotalsReply,
  LEDGER,
  type StakeRequest,
  type Transfer,
  TransferPhase,
  type UnstakeRequest,
} from "@flock/proto/ledger";
import { EPOCH_STARTS_MS, FakeEpochs } from "./fake-epochs.js";
import { pageOf } from "./fake-pages.js";

const version = PROTOCOL_VERSION;
const LEDGER_ACCOUNT = /^(wallet|earnings|vested|stake|cooling):[A-Za-z0-9_-]{1,128}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAYS_DEFAULT = 7;
const DAYS_MAX = 31;

/** As the ledger refuses for want of money, of which running jobs hold some. */
export function tooLittle(needed: bigint, available: bigint, held = 0n): FlockError {
  const details = {
    neededMicro: String(needed),
    availableMicro: String(available),
    ...(held > 0n ? { heldMicro: String(held) } : {}),
  };
  const [first, second] = [needed, available].map((amount) => formatLlama(microLlama(amount)));
  const message = `${first} LLAMA are needed, ${second} are available`;
  return new FlockError("insufficient_funds", message, { details });
}

/** What a worker earns on a day. */
export function earnedOn(day: string): DayEarnings {
  return {
    day,
    model: "flock-tiny:latest",
    jobs: 3n,
    promptTokens: 10n,
    completionTokens: 20n,
    shareMicro: 950n,
    clawedBackMicro: 50n,
    doneBy: "worker",
  };
}

interface Move {
  readonly kind: "stake" | "unstake" | "collect";
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

/**
 * A fake of the ledger, held to the same contract as the real one: balances that a test sets, and
 * what it was asked. It keeps no books: what a test sets comes from nowhere, and only what was moved by calls or given
 * is in statements.
 */
export class FakeLedger {
  /** Posted µLLAMA by ledger account. */
  readonly balances = new Map<string, bigint>();
  /** Held or reserved, likewise. */
  readonly held = new Map<string, bigint>();
  /** What of it running jobs hold, likewise. */
  readonly heldByJobs = new Map<string, bigint>();
  /** What statements tell, oldest first. */
  readonly transfers: Transfer[] = [];
  readonly stakes: StakeRequest[] = [];
  readonly unstakes: UnstakeRequest[] = [];
  readonly collects: CollectRequest[] = [];
  /** Ids of unstakes whose cooldown is over. */
  readonly released = new Set<string>();
  /** By who is paid, newest day first. */
  readonly earnings = new Map<string, readonly DayEarnings[]>();
  readonly epochs = new FakeEpochs();
  balanceCalls = 0;
  /** What was done, by kind and id, and what with. */
  readonly #done = new Map<string, string>();
  readonly #holds = new Map<string, { readonly body: string; readonly grantedMicro: bigint }>();

  methods(): readonly ServedMethod[] {
    return [...this.#books(), ...this.#moves(), ...this.#histories(), ...this.epochs.methods()];
  }

  /** Gives an account LLAMA to spend. */
  give(accountId: string, amountMicro: bigint): void {
    this.#record("grant", `gift-${this.transfers.length}`, "pool:dev", `wallet:${accountId}`, amountMicro);
    this.#add(`wallet:${accountId}`, amountMicro);
  }

  #books(): readonly ServedMethod[] {
    return [
      method(LEDGER.balance, ({ ledgerAccount }) => {
        this.balanceCalls += 1;
        checkAccount(ledgerAccount);
        const postedMicro = this.#posted(ledgerAccount);
        const heldMicro = this.held.get(ledgerAccount) ?? 0n;
        const heldByJobsMicro = this.heldByJobs.get(ledgerAccount);
        return { version, postedMicro, heldMicro, availableMicro: postedMicro - heldMicro, heldByJobsMicro };
      }),
      method(LEDGER.hold, ({ jobId, accountId, amountMaxMicro: max, amountMinMicro: min }) => {
        checkAmount(max);
        if (min < 0n || min > max) throw new FlockError("invalid_argument", "amount_min is out of range");
        const [wallet, body] = [`wallet:${accountId}`, `${accountId} ${max} ${min}`];
        const known = this.#holds.get(jobId);
        if (known !== undefined && known.body !== body) throw conflict(`hold for job ${jobId}`);
        const available = this.#available(wallet);
        const grantedMicro = known?.grantedMicro ?? minMicro(microLlama(max), microLlama(available));
        if (grantedMicro < (min || 1n)) throw tooLittle(min || 1n, available, this.heldByJobs.get(wallet));
        if (known === undefined) {
          this.#holds.set(jobId, { body, grantedMicro });
          for (const held of [this.held, this.heldByJobs])
            held.set(wallet, (held.get(wallet) ?? 0n) + grantedMicro);
        }
        return { version, grantedMicro, availableMicro: this.#available(wallet) };
      }),
    ];
  }

  #moves(): readonly ServedMethod[] {
    return [
      method(LEDGER.stake, (request) => {
        const { requestId: id, owner, amountMicro: amount } = request;
        const [from, to] = [`wallet:${owner}`, `stake:${owner}`];
        if (this.#move({ kind: "stake", id, from, to, amount })) this.stakes.push(request);
        return { version, stakedMicro: this.#posted(to), availableMicro: this.#available(from) };
      }),
      method(LEDGER.unstake, (request) => {
        const { requestId: id, owner, amountMicro: amount } = request;
        const [from, to] = [`stake:${owner}`, `cooling:${owner}`];
        if (this.#move({ kind: "unstake", id, from, to, amount })) this.unstakes.push(request);
        return { version, stakedMicro: this.#posted(from), releaseUnixMs: EPOCH_STARTS_MS };
      }),
      method(LEDGER.collect, (request) => {
        const { requestId: id, workerId, amountMicro: amount } = request;
        const [from, to] = [`vested:${workerId}`, `wallet:${workerId}`];
        if (this.#move({ kind: "collect", id, from, to, amount })) this.collects.push(request);
        return { version, vestedMicro: this.#posted(from), availableMicro: this.#available(to) };
      }),
    ];
  }

  #histories(): readonly ServedMethod[] {
    return [
      method(LEDGER.statement, (request) => {
        checkAccount(request.ledgerAccount);
        const own = this.transfers
          .filter((each) => [each.debitAccount, each.creditAccount].includes(request.ledgerAccount))
          .reverse();
        const { items, nextCursor } = pageOf(own, request, ({ sequence }) => sequence);
        return { version, transfers: items, nextCursor };
      }),
      method(LEDGER.unstakes, (request) => {
        const own = this.unstakes
          .map((unstake, index) => ({ unstake, number: BigInt(index + 1) }))
          .filter(({ unstake }) => unstake.owner === request.owner)
          .reverse();
        const { items, nextCursor } = pageOf(own, request, ({ number }) => number);
        const unstakes = items.map(({ unstake: { requestId, amountMicro } }) => {
          const isReleased = this.released.has(requestId);
          const releasedMicro = isReleased ? amountMicro : 0n;
          return { requestId, amountMicro, releaseUnixMs: EPOCH_STARTS_MS, isReleased, releasedMicro };
        });
        return { version, nextCursor, unstakes };
      }),
      method(LEDGER.earnings, ({ workerId, cursor, days, doneBy, fromDay, toDay }) => {
        if (days > DAYS_MAX) throw new FlockError("invalid_argument", `days must be 0 to ${DAYS_MAX}`);
        if (cursor !== "" && (!DAY.test(cursor) || Number.isNaN(Date.parse(cursor))))
          throw new FlockError("invalid_argument", "cursor is not one of ours");
        const rows = this.earnings.get(workerId) ?? [];
        const asked = rows.filter(
          (row) =>
            (doneBy === "" || row.doneBy === doneBy) &&
            row.day >= fromDay &&
            (toDay === "" || row.day <= toDay),
        );
        const left = asked.filter(({ day }) => cursor === "" || day < cursor);
        const dates = [...new Set(left.map(({ day }) => day))];
        const told = dates.slice(0, days || DAYS_DEFAULT);
        const nextCursor = dates.length > told.length ? (told.at(-1) ?? "") : "";
        return { version, nextCursor, earnings: left.filter(({ day }) => told.includes(day)) };
      }),
      method(LEDGER.earningsTotals, ({ workerId }) => this.#earningsTotals(workerId)),
    ];
  }

  /** Of what it has, and of what it has moved: all of it counts as shares of jobs. */
  #earningsTotals(workerId: string): EarningsTotalsReply {
    const vestingMicro = this.#posted(`earnings:${workerId}`);
    const vestedMicro = this.#posted(`vested:${workerId}`);
    const collectedMicro = this.transfers
      .filter(({ kind, debitAccount }) => kind === "collect" && debitAccount === `vested:${workerId}`)
      .reduce((sum, { amountMicro }) => sum + amountMicro, 0n);
    const epoch = { epoch: 2, amountMicro: vestingMicro, vestsUnixMs: EPOCH_STARTS_MS };
    return {
      version,
      ...{ earnedMicro: vestingMicro + vestedMicro + collectedMicro, emissionMicro: 0n, clawedBackMicro: 0n },
      ...{ vestingMicro, vestedMicro, collectedMicro, paidMicro: 0n },
      vesting: vestingMicro === 0n ? [] : [epoch],
    };
  }

  #posted(ledgerAccount: string): bigint {
    return this.balances.get(ledgerAccount) ?? 0n;
  }

  #available(ledgerAccount: string): bigint {
    return this.#posted(ledgerAccount) - (this.held.get(ledgerAccount) ?? 0n);
  }

  /** Once per kind and id; returns whether this is the first time. The same id with something else is refused. */
  #move({ kind, id, from, to, amount }: Move): boolean {
    checkAmount(amount);
    const [key, body] = [`${kind}:${id}`, `${from} ${amount}`];
    const known = this.#done.get(key);
    if (known === body) return false;
    if (known !== undefined) throw conflict(`${kind} ${id}`);
    const available = this.#available(from);
    if (available < amount) throw tooLittle(amount, available, this.heldByJobs.get(from));
    this.#done.set(key, body);
    this.#add(from, -amount);
    this.#add(to, amount);
    this.#record(kind, id, from, to, amount);
    return true;
  }

  #record(kind: string, id: string, debitAccount: string, creditAccount: string, amountMicro: bigint): void {
    this.transfers.push({
      transferId: `${kind}:${id}`,
      kind,
      debitAccount,
      creditAccount,
      amountMicro,
      businessId: id,
      createdUnixMs: EPOCH_STARTS_MS,
      sequence: BigInt(this.transfers.length + 1),
      phase: TransferPhase.SINGLE,
    });
  }

  #add(ledgerAccount: string, amount: bigint): void {
    this.balances.set(ledgerAccount, this.#posted(ledgerAccount) + amount);
  }
}

function checkAccount(ledgerAccount: string): void {
  if (!LEDGER_ACCOUNT.test(ledgerAccount))
    throw new FlockError("invalid_argument", `"${ledgerAccount}" is not a ledger account`);
}

function checkAmount(amount: bigint): void {
  if (amount < 1n || amount > TOTAL_SUPPLY)
    throw new FlockError("invalid_argument", `amount must be 1 to ${TOTAL_SUPPLY} µLLAMA, not ${amount}`);
}

function conflict(what: string): FlockError {
  return new FlockError("already_exists", `another ${what} exists`);
}
