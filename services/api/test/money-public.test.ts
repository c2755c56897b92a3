import { openBucket } from "@flock/mesh";
import { encodeParameters, LOCAL_PARAMETERS } from "@flock/parameters";
import { BUCKETS, PARAMS_CURRENT_KEY } from "@flock/proto";
import { WorkerState } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import { GENESIS_HASH } from "./fake-treasury.js";
import { MoneyApi } from "./money-api.js";
import { offer } from "./offered-model.js";
import { PLAIN_MODEL } from "./start-test-api.js";

describe("what the API for money tells everybody", () => {
  let money: MoneyApi;

  beforeAll(async () => {
    money = await MoneyApi.start();
  }, 120_000);
  afterAll(async () => money?.stop());

  it("everybody is told of the network, and of new parameters as soon as they are in force", async () => {
    const { body } = await money.ask("GET", "/network");
    expect(body).toMatchObject({
      chain: "solana",
      genesis_hash: GENESIS_HASH,
      mint: money.treasury.mint,
      treasury_address: money.treasury.address,
      treasury_token_account: money.treasury.tokenAccount,
      parameters: { version: 1, values: { epochSeconds: 86_400, depositMinMicro: expect.any(String) } },
    });
    const bucket = await openBucket(money.mesh, BUCKETS.params);
    await bucket.put(PARAMS_CURRENT_KEY, encodeParameters(LOCAL_PARAMETERS));
    const epochSeconds = async () =>
      (await money.ask("GET", "/network", { api: 1 })).body.parameters.values.epochSeconds;
    await eventually("an epoch is a minute", async () => (await epochSeconds()) === 60);
    await bucket.put(PARAMS_CURRENT_KEY, '{"version": 2, "values": {"epochSeconds": 1}}');
    await bucket.put(
      PARAMS_CURRENT_KEY,
      encodeParameters({ version: 3, values: { ...LOCAL_PARAMETERS.values, epochSeconds: 61 } }),
    );
    const seen = new Set<number>();
    await eventually("an epoch is 61 seconds", async () => seen.add(await epochSeconds()).has(61));
    expect(seen).not.toContain(1);
  });

  it("everybody is told which models there are, what they cost, and whether they can be used now", async () => {
    expect((await money.ask("GET", "/models")).body).toMatchObject({ models: [], group_min: 3 });
    const workerIs = await offer(money.mesh, {
      ...PLAIN_MODEL,
      promptPriceMicro: 2n ** 60n,
      isChecked: true,
    });
    const told = async () => (await money.ask("GET", "/models")).body.models;
    await eventually("the model is known", async () => (await told()).length === 1);
    const model = {
      name: PLAIN_MODEL.name,
      digest: PLAIN_MODEL.digest,
      context_length: 2_048,
      capabilities: ["completion", "embedding"],
      prompt_price_micro: "1152921504606846976",
      completion_price_micro: "2",
      is_checked: true,
      is_available: true,
      // One worker: what it does is its own.
      ...{
        workers: null,
        slots: null,
        waiting: null,
        wait_ms: null,
        first_token_ms: null,
        tokens_per_second: null,
      },
    };
    expect(await told()).toEqual([model]);
    await workerIs(WorkerState.PAUSED);
    await eventually("it cannot be used", async () => (await told())[0].is_available === false);
    await workerIs(WorkerState.LEFT);
    await eventually("nobody has it", async () => (await told()).length === 0);
  });

  it("everybody is told of epochs", async () => {
    expect((await money.ask("GET", "/epochs?limit=2")).body).toMatchObject({
      epochs: [
        { number: 2, state: "open", statement_root: null },
        { number: 1, state: "ended" },
      ],
      next_cursor: "2",
    });
    expect((await money.ask("GET", "/epochs?limit=2&cursor=2")).body).toMatchObject({
      epochs: [{ number: 0, state: "anchored" }],
      next_cursor: null,
    });
    expect((await money.ask("GET", "/epochs/0")).body).toEqual({
      number: 0,
      state: "anchored",
      starts_at: "2026-11-22T00:00:00.000Z",
      ends_at: "2026-11-22T00:01:00.000Z",
      closes_at: "2026-11-22T00:02:00.000Z",
      parameters_version: 1,
      statement_root: "ab".repeat(32),
      statement_lines: 7,
      anchor_signature: "anchor",
    });
    expect((await money.ask("GET", "/epochs/2")).body.number).toBe(2);
    expect((await money.ask("GET", "/epochs/3")).status).toBe(404);
    expect((await money.ask("GET", "/epochs/-1")).body.error.message).toBe(
      "number: must be an epoch's number, from 0",
    );
  });

  it("the statement of an epoch is streamed, and no more of it is asked for than the client takes", async () => {
    const line = `${"x".repeat(1_023)}`;
    const portions = 200;
    money.ledger.epochs.statement = Array.from({ length: portions }, () => Array(64).fill(line));
    money.ledger.epochs.statementCalls = 0;
    const slow = await fetch(`${money.apis[0].baseUrl}/flock/v1/epochs/0/statement`);
    expect(slow.headers.get("content-type")).toContain("application/x-ndjson");
    const reader = slow.body?.getReader();
    await reader?.read();
    let calls = -1;
    const callsBefore = () => {
      const before = calls;
      calls = money.ledger.epochs.statementCalls;
      return before;
    };
    // What the sockets take, and little more.
    await eventually(
      "what lies between is full",
      () => callsBefore() === money.ledger.epochs.statementCalls,
      {
        intervalMs: 300,
      },
    );
    expect(calls).toBeLessThan(portions);
    let bytes = 0;
    await reader?.cancel();
    const whole = await fetch(`${money.apis[1].baseUrl}/flock/v1/epochs/0/statement`);
    for await (const chunk of whole.body ?? []) bytes += chunk.length;
    expect(bytes).toBe(portions * 64 * 1_024);
  });

  it("the statement of an epoch that is open or never was is refused, and one that cannot be read on breaks", async () => {
    expect((await money.ask("GET", "/epochs/1/statement")).body.error).toMatchObject({
      code: "failed_precondition",
    });
    expect((await money.ask("GET", "/epochs/9/statement")).status).toBe(404);
    money.ledger.epochs.statement = [["a"], ["b"]];
    const entire = await money.ask("GET", "/epochs/0/statement");
    expect(entire.body).toBe("a\nb\n");
    money.ledger.epochs.unreadable = 1;
    await expect(money.ask("GET", "/epochs/0/statement")).rejects.toThrow();
  });

  it("the proof of reserves is asked for once for all clients that ask at the same time", async () => {
    const calls = money.treasury.reservesCalls;
    const answers = await Promise.all(Array.from({ length: 20 }, () => money.ask("GET", "/reserves")));
    expect(money.treasury.reservesCalls - calls).toBe(1);
    expect(answers[0]?.body).toMatchObject({
      statement: expect.stringContaining("FlockOllamas reserves"),
      signer: money.treasury.address,
      on_chain_micro: "100000000000000000",
      ledger_position: "3",
      ledger_hash: "cd".repeat(32),
      liabilities: [{ kind: "wallet", sum_micro: "5" }],
      uncredited_micro: "1",
    });
  });
});
