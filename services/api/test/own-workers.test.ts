import { generateIdentity } from "@flock/keys";
import { banWorker, liftBan, openBucket } from "@flock/mesh";
import { BUCKETS, encode } from "@flock/proto";
import { NoJobReason, WorkerStanding } from "@flock/proto/router";
import { Standing, StandingState } from "@flock/proto/verifier";
import { Offence } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import pg from "pg";
import { MoneyApi } from "./money-api.js";

/** 2026-11-22, noon. */
const NOON = Date.UTC(2026, 10, 22, 12);
const HOUR_MS = 3_600_000;
const iso = (unixMs: number) => new Date(unixMs).toISOString();

describe("an account's own workers", () => {
  let money: MoneyApi;
  let delegations = 0;

  beforeAll(async () => {
    money = await MoneyApi.start([{}, {}], { nowMs: () => performance.now(), unixMs: () => NOON });
  }, 120_000);
  afterAll(async () => money?.stop());

  /** The wallet lets a key work in its name, and has the account paid. */
  async function delegate(wallet: string, payout: string, endUnixMs = NOON + HOUR_MS): Promise<void> {
    delegations += 1;
    const client = new pg.Client({ connectionString: money.databaseUrl });
    await client.connect();
    await client.query("INSERT INTO api.delegations VALUES ($1, $2, $3, 'signed', $4, $5, $6)", [
      ...[`key-${delegations}`, wallet, payout, Buffer.alloc(64), iso(NOON), iso(endUnixMs)],
    ]);
    await client.end();
  }

  const workersOf = async (token: string, headers: Record<string, string> = {}) =>
    await money.ask("GET", "/workers", { token, headers });
  const idsOf = async (token: string) =>
    (await workersOf(token)).body.workers.map(({ worker_id: id }: { worker_id: string }) => id);

  it("are those of its name and those whose wallets have it paid, its own first, and nobody else's", async () => {
    const [me, other] = [await money.signIn(), await money.signIn()];
    const [mine, lapsed, paysOther] = ["mine", "lapsed", "elsewhere"].map(
      (name) => `${name}-${me.wallet.id}`,
    );
    for (const id of [me.wallet.id, mine, lapsed, paysOther, other.wallet.id])
      money.router.idle(String(id), "flock-tiny:latest", NOON - 1_000);
    await delegate(String(mine), me.wallet.id);
    await delegate(String(lapsed), me.wallet.id, NOON);
    await delegate(String(paysOther), other.wallet.id);
    expect(await idsOf(me.token)).toEqual([me.wallet.id, mine]);
    expect(await idsOf(other.token)).toEqual([other.wallet.id, paysOther]);
    const { api_key: key } = (await money.ask("POST", "/keys", { token: me.token })).body;
    expect(await idsOf(key)).toEqual([me.wallet.id, mine]);
    expect((await money.ask("GET", "/workers")).status).toBe(401);
  });

  it("include the account's own whose pay goes elsewhere, and one that has delegated and is not here", async () => {
    const { wallet, token } = await money.signIn();
    expect(await idsOf(token)).toEqual([]);
    await delegate(wallet.id, generateIdentity().id, NOON + 2 * HOUR_MS);
    await delegate(wallet.id, wallet.id, NOON + HOUR_MS);
    expect((await workersOf(token)).body).toEqual({
      account: wallet.id,
      workers: [
        {
          worker_id: wallet.id,
          state: "away",
          last_seen_at: null,
          models: [],
          slots: 0,
          active: 0,
          hardware: "other",
          breaker: null,
          cut_off_until: null,
          banned: false,
          ban_reason: null,
          offences: [],
          standing: { state: "probation", since: null, reason: "", checked_jobs: 0 },
          delegation_expires_at: iso(NOON + 2 * HOUR_MS),
          no_job: [],
        },
      ],
      is_cut: false,
    });
  });

  it("are told with what they announced, what is held against them, and why they got no jobs", async () => {
    const { wallet, token } = await money.signIn();
    money.router.idle(wallet.id, "flock-tiny:latest", NOON - 2_000);
    const counts = [
      { offence: Offence.FORGED_RECEIPT, count: 3, firstUnixMs: 1, lastUnixMs: NOON - HOUR_MS },
    ];
    const standing = money.router.standings.get(wallet.id);
    const noJob = [
      { reason: NoJobReason.OTHERS_FIRST, seconds: 5 },
      { reason: NoJobReason.NO_DEMAND, seconds: 3_000 },
      { reason: NoJobReason.PAUSED, seconds: 60 },
    ];
    const offences = { counts, cutOffUntilUnixMs: NOON + HOUR_MS };
    money.router.standings.set(wallet.id, WorkerStanding.fromPartial({ ...standing, offences, noJob }));
    expect((await workersOf(token)).body.workers).toMatchObject([
      {
        state: "ready",
        last_seen_at: iso(NOON - 2_000),
        models: [{ name: "flock-tiny:latest", loaded: true, is_admitted: true }],
        slots: 2,
        active: 0,
        breaker: "closed",
        cut_off_until: iso(NOON + HOUR_MS),
        offences: [{ offence: "forged_receipt", count: 3, last_at: iso(NOON - HOUR_MS) }],
        no_job: [
          { reason: "paused", seconds: 60 },
          { reason: "no_demand", seconds: 3_000 },
          { reason: "others_first", seconds: 5 },
        ],
      },
    ]);
    const past = { counts, cutOffUntilUnixMs: NOON };
    money.router.standings.set(wallet.id, WorkerStanding.fromPartial({ ...standing, offences: past }));
    expect((await workersOf(token)).body.workers).toMatchObject([{ cut_off_until: null }]);
  });

  it("are told what checks of their answers have shown, and what follows from that", async () => {
    const { wallet, token } = await money.signIn();
    const bucket = await openBucket(money.mesh, BUCKETS.standings);
    const put = async (changes: Partial<Standing>) => {
      const standing = Standing.fromPartial({ version: 1, sinceUnixMs: NOON, checkedJobs: 40, ...changes });
      await bucket.put(wallet.id, encode(Standing, standing));
    };
    const told = (state: string) =>
      eventually(`it is ${state}`, async () => {
        const { workers } = (await workersOf(token)).body;
        return workers[0]?.standing.state === state ? workers[0].standing : undefined;
      });
    await put({ state: StandingState.QUARANTINED, reason: "9 of 40 answers were not its model's" });
    expect(await told("quarantined")).toEqual({
      state: "quarantined",
      since: iso(NOON),
      reason: "9 of 40 answers were not its model's",
      checked_jobs: 40,
    });
    // CAST: what a later version writes.
    await put({ state: 77 as StandingState });
    await told("unknown");
    await put({ state: StandingState.PROVEN });
    expect(await told("proven")).toMatchObject({ reason: "" });
    money.router.idle(wallet.id, "flock-tiny:latest", NOON);
    const standing = money.router.standings.get(wallet.id);
    const noJob = [
      { reason: NoJobReason.QUARANTINED, seconds: 5 },
      { reason: NoJobReason.CONVICTED, seconds: 6 },
    ];
    money.router.standings.set(wallet.id, WorkerStanding.fromPartial({ ...standing, noJob }));
    expect((await workersOf(token)).body.workers[0].no_job).toEqual([
      { reason: "convicted", seconds: 6 },
      { reason: "quarantined", seconds: 5 },
    ]);
  });

  it("are told to be banned, with the reason, as long as they are", async () => {
    const { wallet, token } = await money.signIn();
    await banWorker(money.mesh, wallet.id, { reason: "made up answers", unixMs: NOON });
    const banned = { worker_id: wallet.id, state: "away", banned: true, ban_reason: "made up answers" };
    const told = await eventually("the ban is known", async () => {
      const { workers } = (await workersOf(token)).body;
      return workers.length > 0 && workers;
    });
    expect(told).toMatchObject([banned]);
    await liftBan(money.mesh, wallet.id);
    await eventually("it is forgotten", async () => (await idsOf(token)).length === 0);
  });

  it("are told by id, however many: the router is asked of some at a time", async () => {
    const { wallet, token } = await money.signIn();
    const names = Array.from(
      { length: 120 },
      (_, index) => `w${String(index).padStart(3, "0")}-${wallet.id}`,
    );
    for (const name of names.toReversed()) await delegate(name, wallet.id);
    const before = money.router.calls;
    expect(await idsOf(token)).toEqual(names);
    expect(money.router.calls - before).toBe(3);
  });

  it("cannot be told while no router answers, which is said", async () => {
    const { token } = await money.signIn();
    await money.withoutServices(async () => {
      expect(await workersOf(token)).toMatchObject({
        status: 503,
        body: {
          error: { code: "unavailable", message: expect.stringContaining("the router cannot be reached") },
        },
      });
    });
  });

  it.each(["/workers", "/keys", "/usage"])("%s is 304 to whom has it, until it changes", async (path) => {
    const { wallet, token } = await money.signIn();
    const first = await money.ask("GET", path, { token });
    const etag = first.headers.get("etag") ?? "";
    expect([first.status, first.headers.get("cache-control")]).toEqual([200, "private, no-cache"]);
    const again = () => money.ask("GET", path, { token, headers: { "if-none-match": `"x", W/${etag}` } });
    expect(await again()).toMatchObject({ status: 304, body: "" });
    const { body: key } = await money.ask("POST", "/keys", { token });
    money.router.idle(wallet.id, "flock-tiny:latest", NOON);
    await use(key.id, wallet.id);
    const changed = await again();
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(etag);
    // Another account's answer is another one.
    const other = await money.signIn();
    const theirs = await money.ask("GET", path, { token: other.token, headers: { "if-none-match": etag } });
    expect(theirs.status).toBe(path === "/keys" ? 304 : 200);
  });

  async function use(keyId: string, accountId: string): Promise<void> {
    const client = new pg.Client({ connectionString: money.databaseUrl });
    await client.connect();
    await client.query(
      "INSERT INTO api.usage_by_day VALUES ($1, '2026-11-22', 'flock-tiny:latest', $2, 1, 2, 3, 4)",
      [keyId, accountId],
    );
    await client.end();
  }
});
