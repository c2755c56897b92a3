import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { verifyBooks } from "@flock/harness";
import { generateIdentity } from "@flock/keys";
import { microLlama } from "@flock/money";
import { SUBJECTS } from "@flock/proto";
import { eventually } from "@flock/provision/testing";
import { Connection } from "@solana/web3.js";
import { payoutMemo } from "../src/domain/memos.js";
import { CrashRig, type Withdrawal } from "./crash-rig.js";
import type { RelayedCall } from "./rpc-relay.js";

/*
 * Short by default. The long form: TREASURY_CRASH_PAYOUTS=10000 TREASURY_CRASH_ROUNDS=6; TREASURY_CRASH_SEED replays
 * the faults of a run (not their timing, which is that of real processes).
 */
const PAYOUTS = Number(process.env["TREASURY_CRASH_PAYOUTS"] ?? 150);
/** How often the treasury is killed at each edge. */
const ROUNDS = Number(process.env["TREASURY_CRASH_ROUNDS"] ?? 1);
const SEED = Number(process.env["TREASURY_CRASH_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const TIMEOUT_MS = PAYOUTS > 1_000 ? 1_800_000 : 240_000;
const REQUESTS_AT_ONCE = 8;
const PAUSE_MS = 150;
const LLAMA = 1_000_000n;
/** More than all withdrawals take. */
const FUNDS = 1_000_000n * LLAMA;

/** By far the slowest to be reached: a blockhash has to grow old while the endpoints misbehave. */
const EXPIRING = "about to call it expired";
const EDGE_TIMEOUT_MS = 90_000;
const LEDGER_CALLS = ["reserve-payout", "post-payout", "owner", "deposit"] as const;
/** What deposits name: a wallet nobody has heard of, an account that exists, nobody, nothing. */
const STRANGER = generateIdentity().id;
const NAMES = [STRANGER, "account-1", "nobody", ""] as const;
const CREDITED: ReadonlySet<string> = new Set([STRANGER, "account-1"]);

/**
 * Where the treasury is killed: between which two facts. Seen from outside, so that the treasury has no hooks for it.
 */
const EDGES: Readonly<Record<string, (call: RelayedCall) => boolean>> = {
  "before a batch is stored": ({ method, phase }) => method === "simulateTransaction" && phase === "answer",
  "stored and not sent": ({ method, phase }) => method === "sendTransaction" && phase === "request",
  "sent, and the answer lost": ({ method, phase }) => method === "sendTransaction" && phase === "answer",
  "about to hear that it is finalized": ({ method, phase, body }) =>
    method === "getSignatureStatuses" && phase === "answer" && body.includes('"finalized"'),
  "finalized, and not written down": ({ method, phase }) => method === "getTransaction" && phase === "answer",
  [EXPIRING]: ({ method, phase }) => method === "isBlockhashValid" && phase === "answer",
  "comparing the books": ({ method, phase }) => method === "getTokenAccountBalance" && phase === "answer",
  // Calls to the ledger, which may have been carried out when their caller dies.
  ...Object.fromEntries(
    LEDGER_CALLS.map((call) => [`calling ${call}`, ({ method }: RelayedCall) => method === call]),
  ),
};

let rig: CrashRig;
/** The edge at which the treasury is to be killed next. */
let armed: ((call: RelayedCall) => boolean) | undefined;
/** Ends what goes on in the background: faults, revivals, the operator, deposits. */
const stopping = new AbortController();
let background: Promise<unknown>[] = [];

/** Kills the treasury if this call is the edge that is next. What a dead one has left on the way does not count. */
function killAt(call: RelayedCall): boolean {
  if (!rig.treasury.isRunning || armed?.(call) !== true) return false;
  armed = undefined;
  rig.treasury.kill();
  return true;
}

beforeAll(async () => {
  rig = await CrashRig.start(killAt);
  for (const method of LEDGER_CALLS)
    rig.mesh.nats.subscribe(SUBJECTS.service("ledger", method), {
      callback: () => void killAt({ method, phase: "request", body: "" }),
    });
}, 120_000);
/** While true, no payout lands: what was sent expires. */
let isBlackout = false;

afterAll(async () => {
  // Also when the test was given up: nothing may go on without it.
  stopping.abort();
  await Promise.allSettled(background);
  await rig.stop();
});

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomOf(SEED);
const upTo = (most: number): number => 1 + Math.floor(random() * most);

/** One thing that goes wrong at one node for a while. */
async function fault(): Promise<void> {
  const node = rig.chain.nodes[upTo(2) - 1];
  if (node === undefined) return;
  const { controls } = node;
  const [drop, hide] = [
    () => controls.drop({ times: upTo(12), match: { memo: payoutMemo("") } }),
    () => controls.hide({ times: upTo(30) }),
  ];
  const kinds = [
    drop,
    drop,
    hide,
    hide,
    () => controls.delay({ slots: upTo(200), times: upTo(10), match: { memo: payoutMemo("") } }),
    () => controls.fork({ afterSlots: upTo(25), times: upTo(3), match: { memo: payoutMemo("") } }),
    () =>
      controls.fork({
        afterSlots: upTo(20),
        relandAfterSlots: upTo(20),
        times: 1,
        match: { memo: "flock:" },
      }),
    () => controls.fail({ failure: { kind: "http", status: 503 }, times: upTo(5) }),
    () => controls.fail({ failure: { kind: "disconnect" }, times: upTo(5), isDone: true }),
    () => controls.fail({ failure: { kind: "late", delayMs: 300 }, times: upTo(5), isDone: true }),
    () => controls.lag(upTo(60)),
    () => controls.repeatSignatures(upTo(5)),
  ];
  await kinds[Math.floor(random() * kinds.length)]?.();
}

/** Faults come and go until stopped. */
async function misbehave(stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await rig.clearFaults();
    if (isBlackout) {
      const match = { memo: payoutMemo("") };
      await Promise.all(rig.chain.nodes.map(({ controls }) => controls.drop({ times: 10_000, match })));
    }
    for (let some = upTo(3); some > 0; some--) await fault();
    await sleep(200 + random() * 600);
  }
  await rig.clearFaults();
}

/** The operator: when payouts halt, makes the endpoints honest, looks, and lifts. Returns the reasons. */
async function operate(stop: AbortSignal): Promise<string[]> {
  const reasons: string[] = [];
  while (!stop.aborted) {
    await sleep(500);
    const halted = await rig.count("SELECT count(*) AS n FROM stops WHERE lifted_at IS NULL").catch(() => 0);
    if (halted === 0) continue;
    await rig.clearFaults();
    await sleep(500);
    reasons.push(...(await rig.liftHalts().catch(() => [])));
  }
  return reasons;
}

/** Starts the treasury again whenever it is dead. */
async function revive(stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    if (!rig.treasury.isRunning) rig.treasury.start();
    await sleep(20);
  }
}

/**
 * Kills the treasury at every edge in turn, and at moments that are nobody's choice. Throws when one is not reached.
 */
async function killAtEveryEdge(stop: AbortSignal): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const [edge, matches] of Object.entries(EDGES)) {
      isBlackout = edge === EXPIRING;
      armed = matches;
      await eventually(`killed ${edge}`, () => armed === undefined || stop.aborted, {
        timeoutMs: EDGE_TIMEOUT_MS,
      });
      isBlackout = false;
      await sleep(50 + random() * 100);
    }
    for (let times = 0; times < 2; times++) {
      rig.treasury.kill();
      await sleep(100 + random() * 400);
    }
  }
}

interface Deposit {
  readonly signature: string;
  /** Who is to be credited; empty: suspense. */
  readonly accountId: string;
  readonly amount: bigint;
}

/** Pays in, now with a memo and now without, until stopped. */
async function deposit(stop: AbortSignal): Promise<Deposit[]> {
  const made: Deposit[] = [];
  for (let count = 0; !stop.aborted; count++) {
    const wallet = rig.depositors[count % rig.depositors.length];
    const name = NAMES[count % NAMES.length] ?? "";
    const accountId = CREDITED.has(name) ? name : "";
    const amount = 20_000n + BigInt(count);
    const memos = name === "" ? [] : [`flock:${name}`];
    const signature = await wallet?.pay({ to: rig.treasuryAddress, amount, memos }).catch(() => undefined);
    if (signature !== undefined) made.push({ signature, accountId, amount });
    await sleep(150);
  }
  return made;
}

async function withdrawAll(withdrawals: readonly Withdrawal[], network: string): Promise<void> {
  const queue = withdrawals.values();
  await Promise.all(
    Array.from({ length: REQUESTS_AT_ONCE }, async () => {
      for (const withdrawal of queue) await rig.withdraw(withdrawal, network);
    }),
  );
}

/** Of the deposits that are finalized on chain, by the account they name. */
async function landedDeposits(deposits: readonly Deposit[]): Promise<Map<string, bigint>> {
  const connection = new Connection(rig.chain.rpcUrl);
  const sums = new Map<string, bigint>();
  for (const { signature, accountId, amount } of deposits) {
    const { value } = await connection.getSignatureStatus(signature, { searchTransactionHistory: true });
    if (value?.confirmationStatus !== "finalized" || value.err !== null) continue;
    sums.set(accountId, (sums.get(accountId) ?? 0n) + amount);
  }
  return sums;
}

describe(`a treasury that is killed at every edge, before endpoints that misbehave (seed ${SEED})`, () => {
  it(
    `is reached at each of them, pays each of ${PAYOUTS} and more payouts exactly once, and credits each deposit exactly once`,
    async () => {
      const startedMs = performance.now();
      rig.ledger.start();
      rig.treasury.start();
      const network = await new Connection(rig.chain.rpcUrl).getGenesisHash();
      const withdrawals: Withdrawal[] = [];
      const another = (): Withdrawal => {
        const amount = LLAMA + BigInt(withdrawals.length);
        const withdrawal = { id: randomUUID(), to: generateIdentity().id, amount };
        withdrawals.push(withdrawal);
        return withdrawal;
      };
      await rig.fund(microLlama(FUNDS));
      await rig.fund(microLlama(1n), "account-1");

      const stop = stopping;
      background = [misbehave(stop.signal), revive(stop.signal)];
      const operating = operate(stop.signal);
      const depositing = deposit(stop.signal);
      background.push(operating, depositing);
      const isFinal = async () =>
        (await rig.count(
          "SELECT count(*) AS n FROM payouts WHERE state IN ('posted', 'voided', 'refused')",
        )) === withdrawals.length;
      let isOver = false;
      const killing = killAtEveryEdge(stop.signal).finally(() => {
        isOver = true;
      });
      background.push(killing);
      const half = Math.floor(PAYOUTS / 2);
      await withdrawAll(Array.from({ length: half }, another), network);
      // The rest comes one by one, and goes on while there is an edge left to be killed at.
      while (withdrawals.length < PAYOUTS || !isOver) {
        await rig.withdraw(another(), network);
        if (!isOver) await sleep(PAUSE_MS);
      }
      await killing;
      await eventually("all payouts are final", isFinal, { timeoutMs: TIMEOUT_MS });
      const paidMs = performance.now() - startedMs;
      stop.abort();
      const [deposits, reasons] = await Promise.all([depositing, operating, ...background]);
      if (!rig.treasury.isRunning) rig.treasury.start();
      await rig.treasuryIsUp();
      await sleep(1_000); // The last deposits become final.
      await rig.liftHalts();

      const balances = await rig.balances(withdrawals.map(({ to }) => to));
      const wrong = withdrawals.filter(({ amount }, index) => balances[index] !== amount);
      expect(wrong).toEqual([]);
      expect(await rig.count("SELECT count(*) AS n FROM payouts WHERE state <> 'posted'")).toBe(0);
      const landed = await landedDeposits(deposits);
      const expected = [...landed.values()].reduce((sum, amount) => sum + amount, 0n);
      const credited =
        "SELECT coalesce(sum(delta_micro), 0)::bigint AS n FROM movements WHERE kind = 'deposit' AND state <> 'seen'";
      await eventually("all deposits are booked", async () => BigInt(await rig.count(credited)) === expected);
      await expectBooksToMatchChain(landed);
      report({ payouts: withdrawals.length, paidMs, reasons, deposits: deposits.length });
    },
    TIMEOUT_MS,
  );
});

async function expectBooksToMatchChain(landed: ReadonlyMap<string, bigint>): Promise<void> {
  const connection = new Connection(rig.chain.rpcUrl, "finalized");
  const { value } = await connection.getTokenAccountBalance(rig.tokenAccount);
  expect(-(await rig.external())).toBe(BigInt(value.amount));
  expect(await verifyBooks(rig.postgres.url)).toEqual([]);
  const { rows } = await rig.db.pool.query<{ account_id: string; sum: bigint }>(
    "SELECT account_id, sum(delta_micro)::bigint AS sum FROM movements WHERE kind = 'deposit' GROUP BY account_id",
  );
  expect(new Map(rows.map(({ account_id, sum }) => [account_id, sum]))).toEqual(new Map(landed));
  expect(await rig.count("SELECT count(*) AS n FROM movements WHERE kind = 'foreign'")).toBe(0);
  // The reconciler agrees, and goes on agreeing.
  await sleep(1_500);
  expect(await rig.count("SELECT count(*) AS n FROM stops WHERE lifted_at IS NULL")).toBe(0);
}

function report(facts: {
  payouts: number;
  paidMs: number;
  reasons: readonly string[];
  deposits: number;
}): void {
  const seconds = Math.round(facts.paidMs / 100) / 10;
  process.stderr.write(
    `crash test, seed ${SEED}: ${facts.payouts} payouts and ${facts.deposits} deposits in ${seconds} s, ` +
      `${rig.treasury.kills} kills, ` +
      `${facts.reasons.length} halts lifted ${[...new Set(facts.reasons)].slice(0, 5).join("; ")}\n`,
  );
}
