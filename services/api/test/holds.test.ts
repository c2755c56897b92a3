import { FlockError } from "@flock/errors";
import { type Mesh, method, serve } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { type HoldRequest, LEDGER } from "@flock/proto/ledger";
import { eventually, startTestNats, type TestNats } from "@flock/provision/testing";
import { LedgerHolds } from "../src/inference/holds.js";
import { connectForTest } from "./api-under-test.js";
import { tooLittle } from "./fake-ledger.js";

const order = {
  jobId: "00000000-0000-4000-8000-000000000000",
  accountId: "alice",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  prices: { promptPriceMicro: 2n, completionPriceMicro: 5n },
  bounds: { promptTokensMax: 100, completionTokensMax: 50 },
  timeoutMs: 70_000,
};

describe("LedgerHolds", () => {
  let nats: TestNats;
  let mesh: Mesh;
  let stop: AbortController;
  let served: Promise<void>;
  const requests: HoldRequest[] = [];

  /** A fake ledger that answers every hold like this. */
  const answerWith = (answer: () => { grantedMicro: bigint }) => {
    stop = new AbortController();
    const hold = method(LEDGER.hold, (request) => {
      requests.push(request);
      return { version: PROTOCOL_VERSION, availableMicro: 0n, ...answer() };
    });
    served = serve(mesh, "ledger", [hold]).start(stop.signal);
  };

  beforeAll(async () => {
    nats = await startTestNats();
    mesh = await connectForTest(nats.url, "test");
  }, 60_000);
  beforeEach(() => {
    requests.length = 0;
  });
  afterEach(async () => {
    stop.abort();
    await served;
  });
  afterAll(async () => {
    await mesh?.close();
    await nats?.stop();
  });

  it("reserves what the job may cost, and turns a smaller grant into fewer tokens", async () => {
    answerWith(() => ({ grantedMicro: 229n }));
    expect(await new LedgerHolds(mesh).hold(order)).toEqual({ completionTokensMax: 5, heldMicro: 229n });
    expect(requests).toEqual([
      {
        version: PROTOCOL_VERSION,
        jobId: order.jobId,
        accountId: "alice",
        amountMaxMicro: 450n,
        amountMinMicro: 205n,
        timeoutMs: 70_000,
      },
    ]);
  });

  it.each([
    [
      "alice",
      tooLittle(205n, 5n),
      "insufficient balance: at least 0.000205 LLAMA are needed, 0.000005 are available, 0.0002 are missing; top up to continue",
      { neededMicro: 205n, availableMicro: 5n, missingMicro: 200n },
    ],
    [
      "bob",
      tooLittle(205n, 0n),
      "insufficient balance: at least 0.000205 LLAMA are needed, 0 are available, 0.000205 are missing; top up to continue",
      { neededMicro: 205n, availableMicro: 0n, missingMicro: 205n },
    ],
    [
      "carol",
      tooLittle(205n, 5n, 400_000n),
      "insufficient balance: at least 0.000205 LLAMA are needed, 0.000005 are available, 0.0002 are missing, 0.4 LLAMA of yours are held by running requests; top up to continue",
      { neededMicro: 205n, availableMicro: 5n, missingMicro: 200n, heldMicro: 400_000n },
    ],
  ])("tells %s exactly what is missing", async (accountId, refusal, message, details) => {
    answerWith(() => {
      throw refusal;
    });
    const held = new LedgerHolds(mesh).hold({ ...order, accountId });
    const error = await held.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "insufficient_funds", message });
    expect(FlockError.from(error).details).toEqual(details);
    expect(requests).toHaveLength(1);
  });

  it("tells the client of no other refusal than that there was one", async () => {
    answerWith(() => {
      throw new FlockError("invalid_argument", "no");
    });
    const refused = { code: "internal", message: "the ledger refused a hold" };
    await expect(new LedgerHolds(mesh).hold(order)).rejects.toMatchObject(refused);
  });

  it("waits for a ledger that is about to come back", async () => {
    const sentBefore = mesh.nats.stats().outMsgs;
    const held = new LedgerHolds(mesh).hold(order);
    await eventually("it has asked nobody", () => mesh.nats.stats().outMsgs > sentBefore);
    let failures = 2;
    answerWith(() => {
      if (failures-- > 0) throw new FlockError("unavailable", "starting");
      return { grantedMicro: 450n };
    });
    expect(await held).toEqual({ completionTokensMax: 50, heldMicro: 450n });
    expect(requests).toHaveLength(3);
  });
});
