import { hostname } from "node:os";
import { type Database, migrateToLatest, openDatabase } from "@flock/database";
import { call, ensureEventsStream, type Mesh, serve } from "@flock/mesh";
import { SteppedClock } from "@flock/mesh/testing";
import { createLogger } from "@flock/observability";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API } from "@flock/proto/keys";
import { PayoutStop } from "@flock/proto/treasury";
import {
  eventually,
  startTestNats,
  startTestPostgres,
  type TestNats,
  type TestPostgres,
} from "@flock/provision/testing";
import { incidentCalls } from "../src/handlers/incident-calls.js";
import { MeshServices } from "../src/mesh-services.js";
import { migrations } from "../src/migrations/index.js";
import { servicesOf } from "../src/status/known-services.js";
import { ServiceObserver } from "../src/status/service-observer.js";
import { StatusBoard } from "../src/status/status-board.js";
import { StatusSampler } from "../src/status/status-sampler.js";
import type { ApiSchema } from "../src/store/schema.js";
import { StatusStore } from "../src/store/status-store.js";
import { ApiUnderTest, connectForTest } from "./api-under-test.js";
import { FakeTreasury } from "./fake-treasury.js";

const version = PROTOCOL_VERSION;
const NOON = Date.UTC(2026, 10, 30, 12);
const ROUND_MS = 30_000;
const PING_MS = 300;
const SERVICES = servicesOf("solana");

describe("the state of services", () => {
  let nats: TestNats;
  let postgres: TestPostgres;
  let databaseUrl: string;
  let mesh: Mesh;
  let database: Database<ApiSchema>;
  let clock: SteppedClock;
  let board: StatusBoard;
  let treasury: FakeTreasury;
  const running = new Map<string, (() => Promise<void>)[]>();

  beforeAll(async () => {
    [nats, postgres] = await Promise.all([startTestNats(), startTestPostgres()]);
    mesh = await connectForTest(nats.url, "test");
    await ensureEventsStream(mesh);
  }, 120_000);
  afterAll(async () => {
    await mesh?.close();
    await Promise.all([nats?.stop(), postgres?.stop()]);
  });

  beforeEach(async () => {
    databaseUrl = await postgres.createDatabase();
    const logger = createLogger("api", "silent");
    database = openDatabase<ApiSchema>({ url: databaseUrl, applicationName: "test", schema: "api", logger });
    await migrateToLatest(database, migrations);
    clock = new SteppedClock(NOON);
    board = new StatusBoard(new StatusStore(database), SERVICES, clock);
    treasury = new FakeTreasury();
    for (const name of ["api", "router", "ledger", "treasury"]) await addInstance(name);
  }, 60_000);
  afterEach(async () => {
    for (const name of [...running.keys()])
      while ((running.get(name)?.length ?? 0) > 0) await endInstance(name);
    await database.close();
  });

  async function addInstance(name: string): Promise<void> {
    const stop = new AbortController();
    const served = serve(mesh, name, name === "treasury" ? treasury.methods() : []).start(stop.signal);
    await mesh.nats.flush();
    const end = async () => {
      stop.abort();
      await served;
    };
    running.set(name, [...(running.get(name) ?? []), end]);
  }

  async function endInstance(name: string): Promise<void> {
    await running.get(name)?.pop()?.();
  }

  function sampler(): StatusSampler {
    return new StatusSampler({
      store: new StatusStore(database),
      observer: new ServiceObserver(mesh, new MeshServices(mesh, "solana"), PING_MS),
      services: SERVICES,
      clock,
      logger: createLogger("api", "silent"),
      metrics: { serviceSampled: () => {} },
    });
  }

  /** The states of all services after one more sample. */
  async function statesAfter(of: StatusSampler): Promise<Record<string, string>> {
    clock.step(ROUND_MS);
    await of.round();
    return states();
  }

  async function states(): Promise<Record<string, string>> {
    const { services } = await board.read();
    return Object.fromEntries(services.map(({ name, state }) => [name, state]));
  }

  const all = (state: string) => Object.fromEntries(SERVICES.map((name) => [name, state]));

  it("is unknown before somebody has looked, and again when nobody has for minutes", async () => {
    expect(await states()).toEqual(all("unknown"));
    const one = sampler();
    expect(await statesAfter(one)).toEqual(all("ok"));
    expect((await board.read()).payouts).toEqual({ isHalted: false, reason: undefined, sinceMs: undefined });
    clock.step(90_000);
    expect(await states()).toEqual(all("ok"));
    clock.step(20_000);
    expect(await states()).toEqual(all("unknown"));
    const { asOfMs, payouts, services } = await board.read();
    expect([asOfMs, payouts, services[0]?.sinceMs]).toEqual([NOON + ROUND_MS, undefined, NOON + ROUND_MS]);
  });

  it("is degraded when an instance has vanished, down when none is left, and each tells an incident", async () => {
    await addInstance("router");
    const one = sampler();
    await statesAfter(one);
    expect((await board.read()).services.find(({ name }) => name === "router")?.instances).toBe(2);
    await endInstance("router");
    await endInstance("ledger");
    const failed = { ...all("ok"), router: "degraded", ledger: "down" };
    expect(await statesAfter(one)).toEqual(failed);
    expect((await board.read()).incidents).toEqual([]);
    expect(await statesAfter(one)).toEqual(failed);
    const began = { beganMs: NOON + 2 * ROUND_MS, endedMs: undefined, done: undefined };
    const incidents = (await board.read()).incidents.toSorted((a, b) => a.service.localeCompare(b.service));
    expect(incidents).toMatchObject([
      { service: "ledger", ...began, effect: expect.stringContaining("new requests are refused") },
      { service: "router", ...began, effect: expect.stringContaining("fewer routers") },
    ]);
    await addInstance("ledger");
    await addInstance("router");
    await statesAfter(one);
    expect(await statesAfter(one)).toEqual(all("ok"));
    for (const { endedMs } of (await board.read()).incidents) expect(endedMs).toBe(NOON + 4 * ROUND_MS);
    const days = (await board.read()).days;
    expect(days).toHaveLength(90);
    expect(days.slice(0, 89).every(({ services }) => services.length === 0)).toBe(true);
    expect(days.at(-1)?.day).toBe("2026-11-30");
    expect(days.at(-1)?.services).toEqual(
      expect.arrayContaining([
        { name: "ledger", ok: 3, samples: 5 },
        { name: "database", ok: 5, samples: 5 },
      ]),
    );
  }, 60_000);

  it("is looked at by one process at a time; another goes on when that ends, with what it knew", async () => {
    const [one, other] = [sampler(), sampler()];
    await statesAfter(one);
    await endInstance("ledger");
    clock.step(ROUND_MS);
    await Promise.all([one.round(), other.round()]);
    const samplesOf = async () =>
      (await board.read()).days.at(-1)?.services.find(({ name }) => name === "ledger");
    expect(await samplesOf()).toEqual({ name: "ledger", ok: 1, samples: 2 });
    const ended = new AbortController();
    ended.abort();
    await one.start(ended.signal);
    expect(await statesAfter(other)).toMatchObject({ ledger: "down" });
    expect(await samplesOf()).toEqual({ name: "ledger", ok: 1, samples: 3 });
    expect((await board.read()).incidents).toMatchObject([
      { service: "ledger", beganMs: NOON + 2 * ROUND_MS },
    ]);
  });

  it("tells what operators write: they open and close incidents of their own, and say what was done about any", async () => {
    const stop = new AbortController();
    const serving = serve(mesh, "api", incidentCalls(new StatusStore(database), SERVICES, clock)).start(
      stop.signal,
    );
    try {
      await mesh.nats.flush();
      const one = sampler();
      await statesAfter(one);
      await endInstance("ledger");
      await statesAfter(one);
      await statesAfter(one);
      const effect = "payouts wait for the chain";
      const opened = { version, service: "treasury", effect, isDown: false };
      const { incidentId } = await call(mesh, API.openIncident, opened);
      const told = async () => (await call(mesh, API.listIncidents, { version })).incidents;
      const beganUnixMs = clock.unixMs();
      expect((await told())[0]).toMatchObject({
        incidentId,
        ...{ service: "treasury", effect, beganUnixMs, done: "" },
      });
      const ofLedger = (await told()).find(({ service }) => service === "ledger")?.incidentId ?? "";

      const change = (change: { incidentId: string; done?: string; ends: boolean }) =>
        call(mesh, API.changeIncident, { version, ...change });
      await change({ incidentId: ofLedger, done: "it has another disk", ends: false });
      const nothing = { incidentId: ofLedger, done: "not written", ends: true };
      await expect(change(nothing)).rejects.toMatchObject({ code: "failed_precondition" });
      // What samples see changes nothing of what operators write, and the other way round.
      await statesAfter(one);
      await change({ incidentId, done: "the chain goes on", ends: true });
      const closedUnixMs = clock.unixMs();
      await expect(change({ incidentId, ends: true })).rejects.toMatchObject({ code: "failed_precondition" });
      await statesAfter(one);
      const incidents = await told();
      expect(incidents.find((each) => each.incidentId === incidentId)).toMatchObject({
        ...{ done: "the chain goes on", endedUnixMs: closedUnixMs },
      });
      expect(incidents.find((each) => each.incidentId === ofLedger)).toMatchObject({
        ...{ done: "it has another disk", endedUnixMs: 0 },
      });

      const refused: readonly [string, Promise<unknown>][] = [
        ["invalid_argument", call(mesh, API.openIncident, { ...opened, service: "my-host" })],
        ["invalid_argument", call(mesh, API.openIncident, { ...opened, effect: "x".repeat(1_001) })],
        ["invalid_argument", change({ incidentId, done: " ", ends: false })],
        ["invalid_argument", change({ incidentId, ends: false })],
        ["not_found", change({ incidentId: "x", done: "y", ends: false })],
        ["not_found", change({ incidentId: "11111111-1111-4111-8111-111111111111", ends: true })],
      ];
      for (const [code, asked] of refused) await expect(asked).rejects.toMatchObject({ code });
    } finally {
      stop.abort();
      await serving;
    }
  }, 60_000);

  it("says that payouts are halted, since when and why, and names no machine", async () => {
    const stop = {
      kind: "halt",
      reason: "https://rpc.example:1/key tells another balance",
      sinceUnixMs: NOON - 5_000,
    };
    treasury.stops = [PayoutStop.fromPartial(stop)];
    const one = sampler();
    await statesAfter(one);
    expect(await statesAfter(one)).toEqual({ ...all("ok"), treasury: "degraded" });
    const { payouts, incidents, services } = await board.read();
    const reason = "… tells another balance";
    expect(payouts).toEqual({ isHalted: true, reason, sinceMs: NOON - 5_000 });
    expect(services.find(({ name }) => name === "treasury")?.note).toBe(`payouts are halted: ${reason}`);
    expect(incidents).toMatchObject([{ service: "treasury", effect: "payouts wait; nothing is lost" }]);
  });

  it("of the others is unknown while NATS is away, and not down", async () => {
    const one = sampler();
    await statesAfter(one);
    await nats.kill("SIGKILL");
    try {
      await eventually("the connection is lost", () => !mesh.isConnected());
      expect(await statesAfter(one)).toEqual({ ...all("unknown"), database: "ok", messages: "down" });
    } finally {
      await nats.restart();
      await eventually("the connection is back", () => mesh.isConnected());
    }
  }, 60_000);

  it("is told while the database is away, which is down, and that it was is written down afterwards", async () => {
    const one = sampler();
    await statesAfter(one);
    await postgres.kill("SIGKILL");
    try {
      for (let round = 0; round < 3; round++)
        expect(await statesAfter(one)).toEqual({ ...all("unknown"), database: "down" });
      expect((await board.read()).asOfMs).toBe(NOON + ROUND_MS);
    } finally {
      await postgres.restart();
    }
    await eventually("it is looked at again", async () => (await statesAfter(one))["database"] === "ok");
    await statesAfter(one);
    const { incidents, days } = await board.read();
    expect(incidents).toMatchObject([
      { service: "database", beganMs: NOON + 2 * ROUND_MS, endedMs: expect.any(Number) },
    ]);
    const kept = days.at(-1)?.services.find(({ name }) => name === "database");
    expect((kept?.samples ?? 0) - (kept?.ok ?? 0)).toBeGreaterThanOrEqual(3);
    expect(days.at(-1)?.services.find(({ name }) => name === "router")).toMatchObject({ ok: 3, samples: 3 });
  }, 60_000);

  it("is told to everybody, as JSON and as a page without scripts, and nothing in it names a machine", async () => {
    treasury.stops = [
      PayoutStop.fromPartial({ kind: "pause", reason: "<script>1</script>", sinceUnixMs: NOON }),
    ];
    const one = sampler();
    await statesAfter(one);
    await endInstance("ledger");
    await statesAfter(one);
    await statesAfter(one);
    const still = { nowMs: () => performance.now(), unixMs: () => clock.unixMs() };
    const api = await ApiUnderTest.start(nats.url, databaseUrl, {}, { clock: still });
    try {
      const json = await fetch(`${api.baseUrl}/flock/v1/status`);
      expect([json.status, json.headers.get("cache-control")]).toEqual([200, "public, max-age=5"]);
      const text = await json.text();
      expect(JSON.parse(text)).toMatchObject({
        as_of: new Date(NOON + 3 * ROUND_MS).toISOString(),
        services: expect.arrayContaining([
          {
            name: "database",
            state: "ok",
            instances: 1,
            since: new Date(NOON + ROUND_MS).toISOString(),
            note: null,
          },
          expect.objectContaining({
            name: "ledger",
            state: "down",
            instances: 0,
            note: "no instance answers",
          }),
        ]),
        incidents: expect.arrayContaining([
          expect.objectContaining({ service: "ledger", ended_at: null, done: null }),
        ]),
        payouts: { halted: true, reason: "<script>1</script>", since: new Date(NOON).toISOString() },
      });
      const tag = { "if-none-match": json.headers.get("etag") ?? "" };
      expect((await fetch(`${api.baseUrl}/flock/v1/status`, { headers: tag })).status).toBe(304);
      const page = await fetch(`${api.baseUrl}/status`);
      const html = await page.text();
      expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
      expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(html).toContain("<title>Down: ledger</title>");
      expect(html).toContain("Payouts are halted");
      expect(html).toContain("&lt;script&gt;1&lt;/script&gt;");
      expect(html).not.toMatch(/<script|<style|style=|https?:/);
      for (const name of [hostname(), "127.0.0.1", String(nats.port), String(process.pid)])
        for (const told of [text, html]) expect(told.split(/[^\w.-]+/)).not.toContain(name);
    } finally {
      await api.stop();
    }
  }, 60_000);
});
