import { FlockError } from "@flock/errors";
import { connectMesh, type Mesh, method, serve } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { PROTOCOL_VERSION } from "@flock/proto";
import {
  type AssignDepositRequest,
  type LiftStopRequest,
  type PausePayoutsRequest,
  type SuspenseRequest,
  TREASURY,
  TreasuryDepositState,
  TreasuryPayoutState,
} from "@flock/proto/treasury";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import { runHere } from "./run-here.js";

const version = PROTOCOL_VERSION;

/** Against a real nats-server, with a fake treasury behind it. */
describe("flock admin treasury", () => {
  let nats: TestNats;
  let mesh: Mesh;
  let served: Promise<void>;
  const stop = new AbortController();
  const pauses: PausePayoutsRequest[] = [];
  const lifts: LiftStopRequest[] = [];
  const lists: SuspenseRequest[] = [];
  const assignments: AssignDepositRequest[] = [];
  const suspended = {
    signature: "signature-1",
    amountMicro: 3_000_000n,
    state: TreasuryDepositState.SUSPENDED,
    accountId: "",
    sender: "exchange",
    reason: "unattributed",
    slot: 7,
    seenUnixMs: Date.now() - 3 * 86_400_000,
  };
  const halt = { stopId: 3, kind: "halt", reason: "books", sinceUnixMs: 1_700_000_000_000 };

  beforeAll(async () => {
    nats = await startTestNats();
    const logger = createLogger("test", "silent");
    mesh = await connectMesh({ natsUrl: nats.url, name: "test", logger, meter: createMetrics("test").meter });
    served = serve(mesh, "treasury", [
      method(TREASURY.status, () => ({
        version,
        stops: [halt],
        payouts: [{ state: TreasuryPayoutState.POSTED, count: 2n, sumMicro: 1_500_000n }],
        lamports: 1_000_000_001n,
        address: "treasury",
        tokenAccount: "token-account",
      })),
      method(TREASURY.pause, (request) => {
        pauses.push(request);
        return { version, stop: { ...halt, stopId: 4, kind: "pause" } };
      }),
      method(TREASURY.lift, (request) => {
        lifts.push(request);
        if (request.stopId !== 3) throw new FlockError("not_found", `there is no stop ${request.stopId}`);
        return { version };
      }),
      method(TREASURY.suspense, (request) => {
        lists.push(request);
        if (request.cursor === "9") return { version, deposits: [], nextCursor: "" };
        const another = { ...suspended, signature: "signature-2", sender: "", amountMicro: 9_999n };
        const misspelt = { ...suspended, reason: "unknown_account", named: "alise" };
        return { version, deposits: [request.limit === 1 ? misspelt : suspended, another], nextCursor: "9" };
      }),
      method(TREASURY.assign, (request) => {
        assignments.push(request);
        const { signature, accountId, operator, reason } = request;
        if (signature !== suspended.signature)
          throw new FlockError("failed_precondition", "the deposit is credited to bob, not in suspense");
        return {
          version,
          deposit: { ...suspended, accountId, state: TreasuryDepositState.CLAIMED },
          assignment: { operator, reason, assignedUnixMs: 1_700_000_000_000 },
        };
      }),
    ]).start(stop.signal);
    await mesh.nats.flush();
  });
  afterAll(async () => {
    stop.abort();
    await served;
    await mesh?.close();
    await nats?.stop();
  });

  const flock = (...args: string[]) =>
    runHere(["admin", "treasury", ...args], { NATS_URL: nats.url, USER: "ann" });

  it("shows what keeps payouts from being signed", async () => {
    expect((await flock("status")).stdout).toBe(
      "stop  kind  since (UTC)          reason\n" +
        "   3  halt  2023-11-14 22:13:20  books\n\n" +
        "payouts  count  LLAMA\n" +
        "posted       2    1.5\n\n" +
        "treasury has 1.000000001 SOL for fees\n",
    );
    expect(JSON.parse((await flock("status", "--json")).stdout)).toMatchObject({
      stops: [halt],
      payouts: [{ state: "posted", count: "2", sumMicro: "1500000" }],
      lamports: "1000000001",
    });
  });

  it("pauses and lifts, for the record", async () => {
    expect((await flock("pause", "--reason", "maintenance")).stdout).toContain("flock admin treasury lift 4");
    expect(pauses).toEqual([{ version, operator: "ann", reason: "maintenance" }]);
    const lifted = await flock("lift", "3", "--note", "found", "--operator", "bob");
    expect(lifted.stdout).toBe("stop 3 is lifted\n");
    expect(lifts).toEqual([{ version, stopId: 3, operator: "bob", note: "found" }]);
    expect((await flock("lift", "9", "--note", "x")).stderr).toBe("flock: there is no stop 9\n");
    expect((await flock("lift", "x", "--note", "x")).stderr).toBe("flock: x is not the number of a stop\n");
    expect((await flock("pause")).stderr).toContain("required option '--reason <text>' not specified");
  });

  it("lists what is in suspense, page by page", async () => {
    expect(await flock("suspense", "--limit", "2")).toEqual({
      code: 0,
      stdout:
        "age     LLAMA  reason        sender    transaction\n" +
        "3 d         3  unattributed  exchange  signature-1\n" +
        "3 d  0.009999  unattributed  several   signature-2\n",
      stderr: "more: --cursor 9\n",
    });
    expect((await flock("suspense", "--limit", "1")).stdout).toContain(
      "  unknown_account: alise  exchange  ",
    );
    expect((await flock("suspense", "--cursor", "9")).stderr).toBe("nothing is in suspense\n");
    expect(lists).toEqual([
      { version, cursor: "", limit: 2 },
      { version, cursor: "", limit: 1 },
      { version, cursor: "9", limit: 20 },
    ]);
    expect(JSON.parse((await flock("suspense", "--json")).stdout)).toMatchObject({
      deposits: [{ signature: "signature-1", amountMicro: "3000000" }, { signature: "signature-2" }],
      nextCursor: "9",
    });
    expect((await flock("suspense", "--limit", "501")).stderr).toContain("a number from 1 to 500 is needed");
  });

  it("assigns a deposit for the record, and says to whom one is credited already", async () => {
    const assigned = await flock("assign", "signature-1", "alice", "--reason", "ticket 12", "--yes");
    expect(assigned.stdout).toBe(
      "3 LLAMA are credited to alice\non record: 2023-11-14 22:13:20, ann: ticket 12\n",
    );
    expect(assignments).toEqual([
      { version, signature: "signature-1", accountId: "alice", operator: "ann", reason: "ticket 12" },
    ]);
    const refused = await flock(
      "assign",
      "signature-3",
      "alice",
      "--reason",
      "ticket 12",
      "--yes",
      "--quiet",
    );
    expect(refused).toMatchObject({
      code: 4,
      stderr: "flock: the deposit is credited to bob, not in suspense\n",
    });
    expect((await flock("assign", "signature-1", "alice")).stderr).toContain(
      "required option '--reason <text>' not specified",
    );
    expect(assignments).toHaveLength(2);
  });
});
