import { randomUUID } from "node:crypto";
import { call, connectMesh, type Mesh, serve } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { type WithdrawalOrder, withdrawalText } from "@flock/orders";
import { PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY, TreasuryPayoutState } from "@flock/proto/treasury";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import { associatedTokenAccount, PROGRAMS, toAddress } from "@flock/solana";
import { ASSOCIATED_TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID } from "@solana/spl-token";
import {
  PublicKey,
  StakeProgram,
  SYSVAR_CLOCK_PUBKEY,
  SYSVAR_RENT_PUBKEY,
  SystemProgram,
} from "@solana/web3.js";
import { operatorMethods } from "../src/handlers/operator.js";
import { payoutsMethod } from "../src/handlers/payouts.js";
import { withdrawMethod } from "../src/handlers/withdraw.js";
import { keylessAddress, slipOf } from "./misspelt.js";
import { LLAMA, llama, TestBench, type TestTreasury } from "./test-treasury.js";
import type { TestWallet } from "./test-wallet.js";

const version = PROTOCOL_VERSION;

let bench: TestBench;
let nats: TestNats;
let mesh: Mesh;
let test: TestTreasury;
let alice: TestWallet;
const stop = new AbortController();
let serving: Promise<void>;

beforeAll(async () => {
  [bench, nats] = await Promise.all([TestBench.start(), startTestNats()]);
  mesh = await connectMesh({
    natsUrl: nats.url,
    name: "treasury-test",
    logger: createLogger("treasury-test", "silent"),
    meter: createMetrics("treasury-test").meter,
  });
  test = await bench.treasury({ payoutMax: llama(500), payoutDailyMax: llama(900) });
  const methods = [
    withdrawMethod(test.treasury),
    payoutsMethod(test.treasury),
    ...operatorMethods(test.treasury),
  ];
  serving = serve(mesh, "treasury", methods).start(stop.signal);
});

beforeEach(() => {
  alice = test.wallet();
  test.ledger.give(`wallet:${alice.address}`, 100n * LLAMA);
});

afterEach(async () => {
  test.ledger.isAway = false;
  await test.liftAll();
});

afterAll(async () => {
  stop.abort();
  await serving;
  await mesh.close();
  await test.close();
  await nats.stop();
  await bench.stop();
});

function messageOf(more: Partial<WithdrawalOrder> = {}): WithdrawalOrder {
  return {
    network: test.treasury.network,
    account: alice.address,
    amount: llama(5),
    to: alice.address,
    id: randomUUID(),
    expiresMs: Date.now() + 60_000,
    ...more,
  };
}

const send = (text: string, signature = alice.sign(text)) =>
  call(mesh, TREASURY.withdraw, { version, text, signature });
const withdraw = (more: Partial<WithdrawalOrder> = {}) => send(withdrawalText(messageOf(more)));
const available = () => test.ledger.available(`wallet:${alice.address}`);
const payoutCount = async () => {
  const { rows } = await test.treasury.db.pool.query<{ n: bigint }>("SELECT count(*) AS n FROM payouts");
  return rows[0]?.n;
};

describe("a withdrawal", () => {
  it("that the wallet signed is reserved, paid and posted, and its text says so ever after", async () => {
    const text = withdrawalText(messageOf());
    const { payout } = await send(text);
    expect(payout).toMatchObject({
      ledgerAccount: `wallet:${alice.address}`,
      recipient: alice.address,
      amountMicro: 5n * LLAMA,
      state: TreasuryPayoutState.RESERVED,
    });
    expect(available()).toBe(95n * LLAMA);
    await test.payAll();
    // Replayed: tells what became of it, and pays nothing.
    const replayed = (await send(text)).payout;
    expect(replayed).toMatchObject({ payoutId: payout?.payoutId, state: TreasuryPayoutState.POSTED });
    await test.payAll();
    expect(await alice.balance()).toBe(5n * LLAMA);
    const { payouts } = await call(mesh, TREASURY.payouts, {
      version,
      payoutId: "",
      ledgerAccount: `wallet:${alice.address}`,
      cursor: "",
      limit: 0,
    });
    expect(payouts).toEqual([replayed]);
    await test.expectReconciled();
  });

  it("asked for many times at once is one payout", async () => {
    const text = withdrawalText(messageOf());
    await Promise.all(Array.from({ length: 10 }, () => send(text)));
    await test.payAll();
    expect(await alice.balance()).toBe(5n * LLAMA);
    expect(available()).toBe(95n * LLAMA);
  });

  it("waits while the ledger is away, and is reserved when it is back", async () => {
    test.ledger.isAway = true;
    const { payout } = await withdraw();
    expect(payout).toMatchObject({ state: TreasuryPayoutState.REQUESTED });
    test.ledger.isAway = false;
    await test.keepBooks();
    expect(await test.payout(payout?.payoutId ?? "")).toMatchObject({ state: "reserved" });
  });

  it("above the balance is refused, says what there is, and stays refused", async () => {
    const text = withdrawalText(messageOf({ amount: llama(101) }));
    const refusal = {
      code: "insufficient_funds",
      message: `${101n * LLAMA} are needed, ${100n * LLAMA} are available`,
    };
    await expect(send(text)).rejects.toMatchObject(refusal);
    test.ledger.give(`wallet:${alice.address}`, 100n * LLAMA);
    await expect(send(text)).rejects.toMatchObject(refusal);
    expect(available()).toBe(200n * LLAMA);
  });

  it("under an id that another text has used is refused", async () => {
    const { payout } = await withdraw();
    const id = payout?.payoutId ?? "";
    await expect(withdraw({ id, amount: llama(6) })).rejects.toMatchObject({ code: "already_exists" });
    expect(available()).toBe(95n * LLAMA);
  });
});

const KEYLESS = keylessAddress();

describe("a withdrawal is refused, and nothing is written down,", () => {
  const cases: [string, () => Promise<unknown>, { code: string; message: string | RegExp }][] = [
    [
      "when it is signed by somebody else",
      () => {
        const text = withdrawalText(messageOf());
        return send(text, test.wallet().sign(text));
      },
      { code: "unauthenticated", message: /^the signature is not that of/ },
    ],
    [
      "when a character was changed after signing",
      () => {
        const text = withdrawalText(messageOf());
        return send(text.replace("5000000", "6000000"), alice.sign(text));
      },
      { code: "unauthenticated", message: /^the signature is not that of/ },
    ],
    [
      "for another network",
      () => withdraw({ network: "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d" }),
      { code: "invalid_argument", message: /^network: it is for "5eykt4U/ },
    ],
    [
      "when it has lapsed",
      () => withdraw({ expiresMs: 1_700_000_000_000 }),
      { code: "invalid_argument", message: "expires: it lapsed at 2023-11-14T22:13:20.000Z" },
    ],
    [
      "when it would last for more than a day",
      () => withdraw({ expiresMs: Date.now() + 25 * 3_600_000 }),
      { code: "invalid_argument", message: "expires: more than 24 hours ahead" },
    ],
    [
      "that is no text of ours",
      () => send("pay me"),
      { code: "invalid_argument", message: /^the first line/ },
    ],
    [
      "below the smallest",
      () => withdraw({ amount: (llama(1) - 1n) as WithdrawalOrder["amount"] }),
      { code: "invalid_argument", message: "amount: the smallest withdrawal is 1 LLAMA" },
    ],
    [
      "above the largest",
      () => withdraw({ amount: llama(501) }),
      { code: "invalid_argument", message: "amount: the largest withdrawal is 500 LLAMA" },
    ],
    [
      "to what is no address",
      () => withdraw({ to: "0OIl-not-base58" }),
      { code: "invalid_argument", message: 'to: "0OIl-not-base58" is not a Solana address' },
    ],
    [
      "to a program's address, off the curve",
      () => withdraw({ to: test.treasury.accounts.tokenAccount }),
      { code: "invalid_argument", message: /is off the curve/ },
    ],
    [
      "to the treasury itself",
      () => withdraw({ to: test.treasury.signer.address }),
      { code: "invalid_argument", message: /is the treasury itself$/ },
    ],
    [
      "to a program",
      () => withdraw({ to: TOKEN_2022_PROGRAM_ID.toBase58() }),
      { code: "invalid_argument", message: /is a program$/ },
    ],
    ...[
      SYSVAR_RENT_PUBKEY,
      SYSVAR_CLOCK_PUBKEY,
      SystemProgram.programId,
      StakeProgram.programId,
      new PublicKey("1nc1nerator11111111111111111111111111111111"),
    ].map((to): (typeof cases)[number] => [
      `to ${to.toBase58()}, which no key can spend from`,
      () => withdraw({ to: to.toBase58() }),
      { code: "invalid_argument", message: /^to: .* is one of the network's own addresses/ },
    ]),
    [
      "to a point of the curve that no key has",
      () => withdraw({ to: KEYLESS }),
      { code: "invalid_argument", message: /^to: .* is no key's address/ },
    ],
    ...[PROGRAMS.memo, ASSOCIATED_TOKEN_PROGRAM_ID.toBase58(), TOKEN_PROGRAM_ID.toBase58()].map(
      (to): (typeof cases)[number] => [
        `to the program ${to}`,
        () => withdraw({ to }),
        { code: "invalid_argument", message: /is a program$/ },
      ],
    ),
    [
      "to what looks like its own wallet, and is another one",
      () => withdraw({ to: slipOf(alice.address) }),
      { code: "invalid_argument", message: /^to: .* is it misspelt\?$/ },
    ],
    [
      "to the mint",
      () => withdraw({ to: test.treasury.accounts.mint }),
      { code: "invalid_argument", message: /is a mint$/ },
    ],
  ];
  it.each(cases)("%s", async (_, attempt, refusal) => {
    const before = await payoutCount();
    const { message, ...more } = refusal;
    await expect(attempt()).rejects.toMatchObject(more);
    await expect(attempt()).rejects.toThrow(message);
    expect(await payoutCount()).toBe(before);
    expect(available()).toBe(100n * LLAMA);
  });

  it("to a wallet whose token account belongs to another by now", async () => {
    await alice.fund();
    await alice.openTokenAccount();
    await bench.chain.controls.advanceSlots(1);
    await alice.giveTokenAccountTo(new PublicKey(test.wallet().address));
    await bench.chain.controls.advanceSlots(10);
    await expect(withdraw()).rejects.toThrow(/^to: the token account of .* was given to/);
  });

  it("to an account of Token-2022, whose tokens only look like LLAMA", async () => {
    await alice.fund(2);
    const lookAlike = test.wallet();
    await alice.send(
      [
        SystemProgram.createAccount({
          fromPubkey: alice.keypair.publicKey,
          newAccountPubkey: lookAlike.keypair.publicKey,
          lamports: 10_000_000,
          space: 82,
          programId: TOKEN_2022_PROGRAM_ID,
        }),
      ],
      [lookAlike.keypair],
    );
    await bench.chain.controls.advanceSlots(10);
    await expect(withdraw({ to: lookAlike.address })).rejects.toThrow(/belongs to Token-2022/);
  });

  it("when the day's limit is reached, and says when the next day begins", async () => {
    const rich = test.wallet();
    test.ledger.give(`wallet:${rich.address}`, 2_000n * LLAMA);
    const take = (amount: number) => {
      const text = withdrawalText(
        messageOf({ account: rich.address, to: rich.address, amount: llama(amount) }),
      );
      return send(text, rich.sign(text));
    };
    await take(450);
    const refused = await take(450).catch((error) => error);
    expect(refused).toMatchObject({
      code: "resource_exhausted",
      message: "today's limit for payouts of 900 LLAMA is reached",
    });
    expect(refused.retry.afterMs).toBeLessThanOrEqual(86_400_000);
    expect(test.ledger.available(`wallet:${rich.address}`)).toBe(1_550n * LLAMA);
  });
});

describe("an operator", () => {
  it("pauses, is told what is going on, and lifts; a withdrawal meanwhile is refused with the reason", async () => {
    const operator = "carol";
    const { stop: pause } = await call(mesh, TREASURY.pause, {
      version,
      operator,
      reason: "key rotation",
    });
    await expect(withdraw()).rejects.toMatchObject({
      code: "failed_precondition",
      message: "payouts are paused: key rotation",
    });
    const status = await call(mesh, TREASURY.status, { version });
    expect(status.stops).toMatchObject([{ kind: "pause", reason: "key rotation" }]);
    expect(status).toMatchObject({ address: test.treasury.signer.address });
    const stopId = pause?.stopId ?? 0;
    await call(mesh, TREASURY.lift, { version, stopId, operator, note: "done" });
    await call(mesh, TREASURY.lift, { version, stopId, operator, note: "done" });
    await expect(
      call(mesh, TREASURY.lift, { version, stopId: 99_999, operator, note: "x" }),
    ).rejects.toMatchObject({ code: "not_found" });
    await expect(call(mesh, TREASURY.pause, { version, operator: " ", reason: "x" })).rejects.toMatchObject({
      code: "invalid_argument",
    });
    const { rows } = await test.treasury.db.pool.query("SELECT lifted_by, note FROM stops WHERE id = $1", [
      stopId,
    ]);
    expect(rows).toEqual([{ lifted_by: "carol", note: "done" }]);
  });
});

describe("the recipient's token account", () => {
  it("is the associated one, also when it does not exist yet", async () => {
    const bob = test.wallet();
    await withdraw({ to: bob.address, amount: llama(2) });
    await test.payAll();
    expect(bob.tokenAccount.toBase58()).toBe(
      associatedTokenAccount(toAddress(bob.address), test.treasury.accounts.mint),
    );
    expect(await bob.balance()).toBe(2n * LLAMA);
  });
});
