import { randomUUID } from "node:crypto";
import { generateIdentity } from "@flock/keys";
import { microLlama } from "@flock/money";
import { claimText, unstakeText, withdrawalText } from "@flock/orders";
import {
  AccountDefinition,
  DepositState,
  EpochState,
  InferenceDefinition,
  LedgerAccountKind,
  LedgerDefinition,
  MoneyDefinition,
  NoJobReason,
  OwnWorkerState,
  SessionsDefinition,
  TransferPhase,
  TrustDefinition,
  WithdrawalSource,
  WithdrawalState,
  WorkerStandingState,
} from "@flock/proto/public";
import { status } from "@grpc/grpc-js";
import { earnedOn } from "./fake-ledger.js";
import { depositFrom, GENESIS_HASH, payoutFrom } from "./fake-treasury.js";
import { detailsOf, failureOf, GrpcTestClient } from "./grpc-client.js";
import { MoneyApi } from "./money-api.js";

const { getAccount, listTransfers, listEarnings, listWorkers, createKey, listKeys, revokeKey } =
  AccountDefinition.methods;
const { getDepositInstructions, listDeposits, claimDeposit, withdraw, listWithdrawals, getWithdrawal } =
  MoneyDefinition.methods;
const { stake, unstake, collect } = MoneyDefinition.methods;
const { getNetwork, listEpochs, getEpoch, readEpochStatement, getReserves } = LedgerDefinition.methods;
const { createChallenge, openSession, endSession } = SessionsDefinition.methods;

describe("accounts and money over gRPC", () => {
  let money: MoneyApi;
  let anybody: GrpcTestClient;
  const clients: GrpcTestClient[] = [];
  beforeAll(async () => {
    money = await MoneyApi.start();
    anybody = clientWith(undefined);
  }, 120_000);
  afterAll(async () => {
    for (const client of clients) client.close();
    await money?.stop();
  });

  function clientWith(credential: string | undefined): GrpcTestClient {
    const client = new GrpcTestClient(money.apis[0].grpcAddress, credential);
    clients.push(client);
    return client;
  }

  /** A fresh wallet that has signed in, over gRPC alone. */
  async function signIn() {
    const wallet = generateIdentity();
    const { message } = await anybody.ask(SessionsDefinition, createChallenge, { address: wallet.id });
    const signature = wallet.sign(Buffer.from(message));
    const opened = await anybody.ask(SessionsDefinition, openSession, { message, signature });
    expect(opened).toMatchObject({ account: wallet.id, expiresAt: { nanos: expect.any(Number) } });
    return { wallet, session: clientWith(opened.sessionToken) };
  }

  it("a wallet signs in, makes keys, lists and revokes them, and signs out", async () => {
    const { wallet, session } = await signIn();
    const made = await session.ask(AccountDefinition, createKey, { label: "bot" });
    expect(made).toMatchObject({ account: wallet.id, apiKey: expect.stringMatching(/^flk_/) });
    const bot = clientWith(made.apiKey);
    expect(await bot.ask(AccountDefinition, getAccount, {})).toMatchObject({ account: wallet.id });
    const { keys } = await session.ask(AccountDefinition, listKeys, {});
    expect(keys).toMatchObject([
      { id: made.id, label: "bot", createdAt: expect.anything(), revokedAt: undefined },
    ]);
    expect(await failureOf(bot.ask(AccountDefinition, listKeys, {}))).toMatchObject({
      code: status.PERMISSION_DENIED,
    });
    expect(
      await failureOf(session.stream(InferenceDefinition, InferenceDefinition.methods.chat, {}).all),
    ).toMatchObject({ code: status.UNAUTHENTICATED });
    await session.ask(AccountDefinition, revokeKey, { id: made.id });
    const others = await failureOf(session.ask(AccountDefinition, revokeKey, { id: randomUUID() }));
    expect(others.code).toBe(status.NOT_FOUND);
    await session.ask(SessionsDefinition, endSession, {});
    expect((await failureOf(session.ask(AccountDefinition, getAccount, {}))).code).toBe(
      status.UNAUTHENTICATED,
    );
  });

  it("an account is told exactly what it has, also what no double can hold", async () => {
    const { wallet, session } = await signIn();
    const { balances, held } = money.ledger;
    balances.set(`wallet:${wallet.id}`, 90_071_992_547_409_931n).set(`stake:${wallet.id}`, 1_000_000_000n);
    held.set(`wallet:${wallet.id}`, 1n);
    expect(await session.ask(AccountDefinition, getAccount, {})).toMatchObject({
      wallet: {
        postedMicro: 90_071_992_547_409_931n,
        heldMicro: 1n,
        availableMicro: 90_071_992_547_409_930n,
      },
      stakeMicro: 1_000_000_000n,
      tier: { level: 1 },
      nextTier: { level: 2 },
    });
    money.ledger.give(wallet.id, 7n);
    money.ledger.give(wallet.id, 10_000_000_000_000_001n);
    const [older, newer] = money.ledger.transfers.slice(-2);
    const page = await session.ask(AccountDefinition, listTransfers, { pageSize: 1 });
    expect(page).toMatchObject({
      ledgerAccount: `wallet:${wallet.id}`,
      nextCursor: String(newer?.sequence),
      transfers: [
        { id: newer?.transferId, phase: TransferPhase.SINGLE, amountMicro: 10_000_000_000_000_001n },
      ],
    });
    const rest = await session.ask(AccountDefinition, listTransfers, { cursor: page.nextCursor });
    expect(rest).toMatchObject({ nextCursor: "", transfers: [{ id: older?.transferId, amountMicro: 7n }] });
    const vested = { kind: LedgerAccountKind.VESTED };
    expect(await session.ask(AccountDefinition, listTransfers, vested)).toMatchObject({
      ledgerAccount: `vested:${wallet.id}`,
      transfers: [],
    });
    money.ledger.earnings.set(wallet.id, [earnedOn("2026-11-22")]);
    money.ledger.balances.set(`earnings:${wallet.id}`, 9n);
    const earnings = await session.ask(AccountDefinition, listEarnings, {
      fromDay: "2026-11-20",
      toDay: "2026-11-23",
    });
    expect(earnings).toMatchObject({ worker: wallet.id, fromDay: "2026-11-20", toDay: "2026-11-23" });
    expect(earnings).toMatchObject({
      earnings: [{ day: "2026-11-22", workerId: "worker" }],
      vesting: [{ epoch: 2, amountMicro: 9n, vestsAt: { seconds: expect.any(BigInt) } }],
      totals: { earnedMicro: 9n, vestingMicro: 9n, collectedMicro: 0n },
    });
    const others = await session.ask(AccountDefinition, listEarnings, { workerId: "another" });
    expect(others.earnings).toEqual([]);
  });

  it("an account is told how its workers fare", async () => {
    const { wallet, session } = await signIn();
    expect(await session.ask(AccountDefinition, listWorkers, {})).toMatchObject({ workers: [] });
    money.router.idle(wallet.id, "flock-tiny:latest", 1_700_000_000_500);
    expect(await session.ask(AccountDefinition, listWorkers, {})).toEqual({
      account: wallet.id,
      workers: [
        {
          workerId: wallet.id,
          state: OwnWorkerState.READY,
          lastSeenAt: { seconds: 1_700_000_000n, nanos: 500_000_000 },
          models: [{ name: "flock-tiny:latest", loaded: true, isAdmitted: true }],
          ...{ slots: 2, active: 0, hardware: "other", breaker: "closed" },
          ...{ cutOffUntil: undefined, isBanned: false, banReason: "", offences: [] },
          standing: {
            state: WorkerStandingState.PROBATION,
            ...{ since: undefined, reason: "", checkedJobs: 0 },
          },
          delegationExpiresAt: undefined,
          noJob: [{ reason: NoJobReason.NO_DEMAND, seconds: 7 }],
        },
      ],
      isCut: false,
    });
    expect((await failureOf(anybody.ask(AccountDefinition, listWorkers, {}))).code).toBe(
      status.UNAUTHENTICATED,
    );
  });

  it.each([
    ["page_size", listTransfers, { pageSize: 501 }],
    ["page_size", listTransfers, { pageSize: -1 }],
    ["kind", listTransfers, { kind: 77 }],
    ["cursor", listTransfers, { cursor: "?" }],
    ["from_day", listEarnings, { fromDay: "2026-13-01" }],
  ] as const)("a wrong %s is named as the contract names it", async (field, rpc, request) => {
    const { session } = await signIn();
    const asked = session.ask(AccountDefinition, rpc as typeof listTransfers, request);
    const failure = await failureOf(asked);
    expect(failure.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(failure).fields).toEqual([field]);
  });

  it("LLAMA comes in, and a deposit that nobody was credited for is claimed by a signed text", async () => {
    const { wallet, session } = await signIn();
    expect(await session.ask(MoneyDefinition, getDepositInstructions, {})).toMatchObject({
      network: GENESIS_HASH,
      memo: `flock:${wallet.id}`,
      depositMinMicro: 10_000n,
    });
    const suspended = depositFrom(wallet.id, "");
    money.treasury.deposits.push(suspended);
    const { deposits } = await session.ask(MoneyDefinition, listDeposits, { isSuspended: true });
    expect(deposits).toMatchObject([{ state: DepositState.SUSPENDED, amountMicro: suspended.amountMicro }]);
    const text = claimText({
      network: GENESIS_HASH,
      account: wallet.id,
      deposit: suspended.signature,
      to: wallet.id,
      expiresMs: Date.now() + 60_000,
    });
    const signed = { text, signature: wallet.sign(Buffer.from(text)) };
    await anybody.ask(MoneyDefinition, claimDeposit, { signed });
    expect(money.treasury.claims.at(-1)?.text).toBe(text);
    const forged = { text, signature: generateIdentity().sign(Buffer.from(text)) };
    expect((await failureOf(anybody.ask(MoneyDefinition, claimDeposit, { signed: forged }))).code).toBe(
      status.UNAUTHENTICATED,
    );
  });

  it("LLAMA goes out by a signed text alone", async () => {
    const { wallet, session } = await signIn();
    const id = randomUUID();
    const text = withdrawalText({
      ...{ network: GENESIS_HASH, account: wallet.id, to: wallet.id },
      ...{ amount: microLlama(5n), id, expiresMs: Date.now() + 60_000 },
    });
    const signed = { text, signature: wallet.sign(Buffer.from(text)) };
    const { withdrawal } = await anybody.ask(MoneyDefinition, withdraw, { signed });
    expect(withdrawal?.state).toBeGreaterThan(WithdrawalState.UNSPECIFIED);
    const missing = await failureOf(anybody.ask(MoneyDefinition, withdraw, {}));
    expect(detailsOf(missing).fields).toEqual(["signed"]);
    const short = await failureOf(
      anybody.ask(MoneyDefinition, withdraw, { signed: { text, signature: Buffer.alloc(63) } }),
    );
    expect(detailsOf(short).fields).toEqual(["signed.signature"]);
    money.treasury.payouts.splice(0, 1, payoutFrom(wallet.id, id));
    const { withdrawals } = await session.ask(MoneyDefinition, listWithdrawals, {});
    expect(withdrawals).toMatchObject([
      { id, amountMicro: 5n, state: WithdrawalState.POSTED, isFinal: true, signature: "landed" },
    ]);
    const vested = { source: WithdrawalSource.VESTED };
    expect((await session.ask(MoneyDefinition, listWithdrawals, vested)).withdrawals).toEqual([]);
    expect(await session.ask(MoneyDefinition, getWithdrawal, { id })).toEqual({ withdrawal: withdrawals[0] });
  });

  it("a session stakes and collects, and a signed text unstakes", async () => {
    const { wallet, session } = await signIn();
    money.ledger.balances.set(`wallet:${wallet.id}`, 100n).set(`vested:${wallet.id}`, 9n);
    const id = randomUUID();
    expect(await session.ask(MoneyDefinition, stake, { id, amountMicro: 40n })).toMatchObject({ id });
    expect(money.ledger.stakes.at(-1)).toMatchObject({ requestId: id, owner: wallet.id, amountMicro: 40n });
    for (const amountMicro of [0n, -1n, 10n ** 18n]) {
      const failure = await failureOf(session.ask(MoneyDefinition, stake, { id, amountMicro }));
      expect(detailsOf(failure).fields).toEqual(["amount_micro"]);
    }
    await session.ask(MoneyDefinition, collect, { id: randomUUID(), amountMicro: 9n });
    expect(money.ledger.collects.at(-1)).toMatchObject({ workerId: wallet.id, amountMicro: 9n });
    const order = { network: GENESIS_HASH, account: wallet.id, amount: microLlama(1n), id: randomUUID() };
    const text = unstakeText({ ...order, expiresMs: Date.now() + 60_000 });
    const signed = { text, signature: wallet.sign(Buffer.from(text)) };
    expect(await anybody.ask(MoneyDefinition, unstake, { signed })).toMatchObject({
      id: order.id,
      amountMicro: 1n,
    });
  });

  it("anybody sees checked work and its verdicts, as over HTTP", async () => {
    const { getTrust, listVerdicts, getVerdict, getEvidence } = TrustDefinition.methods;
    const id = money.verifier.reach(generateIdentity().id);
    expect(await anybody.ask(TrustDefinition, getTrust, {})).toMatchObject({
      ...{ jobsChecked: 80n, floorBps: 500, workers: [{ state: "probation", workers: 3 }, {}] },
      calibration: [{ engine: "ollama/0.33", frozenUntil: undefined }],
    });
    const { verdicts } = await anybody.ask(TrustDefinition, listVerdicts, { pageSize: 1 });
    const { verdict } = await anybody.ask(TrustDefinition, getVerdict, { id });
    expect(verdicts).toEqual([verdict]);
    const http = (await money.ask("GET", `/trust/verdicts/${id}`)).body.verdict;
    expect(verdict).toMatchObject({ id, kind: "quarantine", worker: http.worker, workerId: "" });
    const { evidence } = await anybody.ask(TrustDefinition, getEvidence, { verdictId: id });
    expect(JSON.parse(evidence)).toEqual((await money.ask("GET", `/trust/verdicts/${id}/evidence`)).body);
    expect((await failureOf(anybody.ask(TrustDefinition, getVerdict, { id: randomUUID() }))).code).toBe(
      status.NOT_FOUND,
    );
  });

  it("anybody sees the network, its epochs and what it owes", async () => {
    expect(await anybody.ask(LedgerDefinition, getNetwork, {})).toMatchObject({
      chain: {
        name: "solana",
        genesisHash: GENESIS_HASH,
        ...{ mint: money.treasury.mint, treasuryAddress: money.treasury.address },
      },
      parametersJson: expect.stringContaining('"epochSeconds"'),
    });
    const epochs = await anybody.ask(LedgerDefinition, listEpochs, { pageSize: 2 });
    expect(epochs.epochs).toMatchObject([
      { number: 2n, state: EpochState.OPEN, statementLines: 0n },
      { number: 1n },
    ]);
    expect(
      await anybody.ask(LedgerDefinition, listEpochs, { cursor: epochs.nextCursor, pageSize: 2 }),
    ).toMatchObject({ epochs: [{ number: 0n }], nextCursor: "" });
    const { epoch } = await anybody.ask(LedgerDefinition, getEpoch, { number: 0n });
    expect(epoch).toMatchObject({
      ...{ number: 0n, state: EpochState.ANCHORED, statementLines: 7n, anchorSignature: "anchor" },
      ...{
        statementRoot: Buffer.alloc(32, 0xab),
        startsAt: { seconds: BigInt(Date.UTC(2026, 10, 22) / 1_000) },
      },
    });
    expect((await failureOf(anybody.ask(LedgerDefinition, getEpoch, { number: 9n }))).code).toBe(
      status.NOT_FOUND,
    );
    expect(await anybody.ask(LedgerDefinition, getReserves, {})).toMatchObject({
      signer: money.treasury.address,
      onChainMicro: 10n ** 17n,
      liabilities: [{ kind: "wallet", sumMicro: 5n }],
    });
  });

  it("anybody reads a statement, of which no more is asked for than the client takes", async () => {
    money.ledger.epochs.statement = [["a"], ["b", "c"]];
    const whole = await anybody.stream(LedgerDefinition, readEpochStatement, { number: 0n }).all;
    expect(whole.map(({ text }) => text)).toEqual(["a\n", "b\nc\n"]);
    const open = await failureOf(anybody.stream(LedgerDefinition, readEpochStatement, { number: 1n }).all);
    expect(open.code).toBe(status.FAILED_PRECONDITION);

    const portions = 200;
    money.ledger.epochs.statement = Array.from({ length: portions }, () => Array(64).fill("x".repeat(1_023)));
    money.ledger.epochs.statementCalls = 0;
    const slow = anybody.stream(LedgerDefinition, readEpochStatement, { number: 0n });
    slow.call.pause();
    const second = anybody.stream(LedgerDefinition, readEpochStatement, { number: 0n });
    second.call.pause();
    const third = await failureOf(anybody.stream(LedgerDefinition, readEpochStatement, { number: 0n }).all);
    expect(third).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(third.details).toContain("too many statements at once");
    expect(money.ledger.epochs.statementCalls).toBeLessThan(portions);
    second.call.cancel();
    slow.call.resume();
    const bytes = (await slow.all).reduce((sum, { text }) => sum + text.length, 0);
    expect(bytes).toBe(portions * 64 * 1_024);
  });

  it("says that the ledger is away, and when to come back", async () => {
    const { session } = await signIn();
    await money.withoutServices(async () => {
      const failure = await failureOf(session.ask(AccountDefinition, getAccount, {}));
      expect(failure.code).toBe(status.UNAVAILABLE);
      expect(detailsOf(failure).retryAfterMs).toBe(1_000);
    });
  });
});
