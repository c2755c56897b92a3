import { randomUUID } from "node:crypto";
import { call, connectMesh, type Mesh, serve } from "@flock/mesh";
import { SteppedClock } from "@flock/mesh/testing";
import { createLogger, createMetrics } from "@flock/observability";
import { withdrawalText } from "@flock/orders";
import { PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY, type WithdrawReply } from "@flock/proto/treasury";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import { Fees } from "../src/chain/fees.js";
import { withdrawMethod } from "../src/handlers/withdraw.js";
import { sendDue } from "../src/payouts/batch-sender.js";
import { BatchSigner } from "../src/payouts/batch-signer.js";
import { LLAMA, llama, TestBench, type TestTreasury } from "./test-treasury.js";

/* What time decides in the treasury, at the very millisecond: on a clock that the test steps. */

const DAY_MS = 86_400_000;
/** A midnight, UTC, after everything that the database's own clock writes down in these tests. */
const MIDNIGHT = (Math.floor(Date.now() / DAY_MS) + 2) * DAY_MS;

let bench: TestBench;
let clock: SteppedClock;
let test: TestTreasury;

beforeAll(async () => {
  bench = await TestBench.start();
});
beforeEach(async () => {
  clock = new SteppedClock(MIDNIGHT - 1);
  test = await bench.treasury({ payoutDailyMax: llama(10) }, clock);
});
afterEach(() => test.close());
afterAll(() => bench.stop());

const stateOf = async (id: string) => (await test.payout(id)).state;

describe("the limit of a day", () => {
  it("still holds in the last millisecond before midnight UTC, and is a new one at midnight", async () => {
    const first = await test.request(test.wallet().address, llama(6));
    const second = await test.request(test.wallet().address, llama(6));
    await test.sign();
    expect([await stateOf(first), await stateOf(second)]).toEqual(["batched", "reserved"]);
    clock.step(1);
    await test.sign();
    expect(await stateOf(second)).toBe("batched");
  });

  it("is used up to its last unit, and not by one more", async () => {
    const exact = await test.request(test.wallet().address, llama(10));
    const more = await test.request(test.wallet().address, llama(1));
    await test.sign();
    expect([await stateOf(exact), await stateOf(more)]).toEqual(["batched", "reserved"]);
    clock.step(DAY_MS);
    await test.sign();
    expect(await stateOf(more)).toBe("batched");
  });

  it("counts a batch on the day on which it is signed, however late that day is", async () => {
    const late = await test.request(test.wallet().address, llama(10));
    await test.sign();
    clock.step(1);
    const early = await test.request(test.wallet().address, llama(10));
    await test.sign();
    expect([await stateOf(late), await stateOf(early)]).toEqual(["batched", "batched"]);
    clock.setUnixMs(MIDNIGHT + DAY_MS - 1);
    const third = await test.request(test.wallet().address, llama(1));
    await test.sign();
    expect(await stateOf(third)).toBe("reserved");
  });
});

describe("a withdrawal", () => {
  let nats: TestNats;
  let mesh: Mesh;
  beforeAll(async () => {
    nats = await startTestNats();
    const { meter } = createMetrics("treasury-test");
    const logger = createLogger("treasury-test", "silent");
    mesh = await connectMesh({ natsUrl: nats.url, name: "treasury-test", logger, meter });
  });
  afterAll(async () => {
    await mesh.close();
    await nats.stop();
  });
  let stop: AbortController;
  let serving: Promise<void>;
  beforeEach(async () => {
    stop = new AbortController();
    serving = serve(mesh, "treasury", [withdrawMethod(test.treasury)]).start(stop.signal);
    await mesh.nats.flush();
  });
  afterEach(async () => {
    stop.abort();
    await serving;
  });

  /** Of a new wallet that has enough, by a text that lapses in ten minutes unless said otherwise. */
  function withdraw(amount: number, expiresMs = clock.unixMs() + 600_000): Promise<WithdrawReply> {
    const wallet = test.wallet();
    test.ledger.give(`wallet:${wallet.address}`, 100n * LLAMA);
    const text = withdrawalText({
      network: test.treasury.network,
      account: wallet.address,
      amount: llama(amount),
      to: wallet.address,
      id: randomUUID(),
      expiresMs,
    });
    return call(mesh, TREASURY.withdraw, {
      version: PROTOCOL_VERSION,
      text,
      signature: wallet.sign(text),
    });
  }

  it("over the day's limit is told to come again in a millisecond, and is taken then", async () => {
    await withdraw(6);
    await expect(withdraw(6)).rejects.toMatchObject({
      code: "resource_exhausted",
      retry: { afterMs: 1 },
    });
    clock.step(1);
    await expect(withdraw(6)).resolves.toMatchObject({ payout: { amountMicro: 6n * LLAMA } });
    await expect(withdraw(6)).rejects.toMatchObject({ retry: { afterMs: DAY_MS } });
  });

  it("is good until its text lapses, to the millisecond", async () => {
    const expiresMs = Math.ceil(clock.unixMs() / 1_000) * 1_000 + 60_000;
    clock.setUnixMs(expiresMs - 1);
    await expect(withdraw(1, expiresMs)).resolves.toBeDefined();
    clock.setUnixMs(expiresMs);
    await expect(withdraw(1, expiresMs)).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

describe("a payout that waits for company", () => {
  it("is signed when it has waited for as long as it may, and not a millisecond before", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.keepBooks();
    const { rows } = await test.treasury.db.pool.query<{ updated_at: Date }>(
      "SELECT updated_at FROM payouts WHERE id = $1",
      [id],
    );
    const since = rows[0]?.updated_at.getTime() ?? 0;
    const fees = new Fees(test.treasury, { priceMax: 0n, lamportsMin: 0n });
    const patient = new BatchSigner(test.treasury, fees, { collectMs: 60_000 });
    clock.setUnixMs(since + 59_999);
    await patient.round();
    expect(await stateOf(id)).toBe("reserved");
    clock.setUnixMs(since + 60_000);
    await patient.round();
    expect(await stateOf(id)).toBe("batched");
  });
});

describe("a batch that was sent", () => {
  it("is sent again when its time has come, and not a millisecond before", async () => {
    await test.request(test.wallet().address, llama(3));
    await test.sign();
    await sendDue(test.treasury, 2_000);
    const sent = async () => {
      const { rows } = await test.treasury.db.pool.query<{ sends: number; last_sent_at: Date }>(
        "SELECT sends, last_sent_at FROM batches",
      );
      return rows[0];
    };
    const since = (await sent())?.last_sent_at.getTime() ?? 0;
    clock.setUnixMs(since + 1_999);
    await sendDue(test.treasury, 2_000);
    expect((await sent())?.sends).toBe(1);
    clock.setUnixMs(since + 2_000);
    await sendDue(test.treasury, 2_000);
    expect((await sent())?.sends).toBe(2);
  });
});

describe("what the treasury remembers of the chain", () => {
  it("is the price of priority, for five seconds", async () => {
    let asked = 0;
    const { endpoints } = test.treasury;
    const counting = {
      ...test.treasury,
      endpoints: Object.assign(Object.create(endpoints), {
        any: (...args: Parameters<typeof endpoints.any>) => {
          asked += 1;
          return endpoints.any(...args);
        },
      }),
    };
    const fees = new Fees(counting, { priceMax: 100n, lamportsMin: 0n });
    await fees.microLamportsPerUnit();
    clock.step(4_999);
    await fees.microLamportsPerUnit();
    expect(asked).toBe(1);
    clock.step(1);
    await fees.microLamportsPerUnit();
    expect(asked).toBe(2);
  });
});
