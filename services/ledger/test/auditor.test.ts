import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Part } from "@flock/mesh";
import { createLogger, createMetrics, type Metrics } from "@flock/observability";
import { eventually } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { type AuditorParts, auditor, balanceAuditor } from "../src/audit/auditor.js";
import { LedgerMetrics } from "../src/metrics.js";
import { fundOf, serverForFile, type TestLedger } from "./test-ledger.js";

/*
 * What operators can see of audits. What audits find is in audit.test.ts.
 */
jest.setTimeout(120_000);

const INTERVAL_MS = 20;

const server = serverForFile();
let ledger: TestLedger;
let metrics: Metrics;
let health: Server;
let parts: AuditorParts;
let logged: Record<string, unknown>[];
let stop: AbortController;
let ended: Promise<void>;

beforeEach(async () => {
  ledger = await server.ledger();
  await ledger.committer().submit(fundOf("g", "alice", 10_000n));
  metrics = createMetrics("ledger");
  health = createServer((request, response) => metrics.serve(request, response)).listen(0, "127.0.0.1");
  await once(health, "listening");
  logged = [];
  const logger = createLogger("ledger", "info", { write: (line) => void logged.push(JSON.parse(line)) });
  parts = { db: ledger.db, metrics: new LedgerMetrics(metrics.meter), logger };
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await ended;
  health.closeAllConnections();
  health.close();
  await metrics.close();
  await ledger.close();
  jest.restoreAllMocks();
});

function start(part: Part): void {
  ended = part.start(stop.signal);
}

/** The value of a metric, as Prometheus would read it. */
async function metric(name: string, audit: string): Promise<number | undefined> {
  // CAST: it listens on a port.
  const { port } = health.address() as AddressInfo;
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const value = text.match(new RegExp(`^${name}\\{[^}]*audit="${audit}"[^}]*\\} (\\S+)`, "m"))?.[1];
  return value === undefined ? undefined : Number(value);
}

const messages = () => logged.map(({ level, msg }) => `${level}: ${msg}`);

describe.each([
  ["balances", balanceAuditor],
  ["full", auditor],
] as const)("the auditor of %s", (audit, auditorOf) => {
  const violations = () => metric("flock_ledger_books_violations", audit);
  const toSay = (count: number) => async () => (await violations()) === count;

  it("raises the alarm when the books are wrong, and ends it when they are right again", async () => {
    const addToAlice = (micro: number) =>
      ledger.tamper(
        `UPDATE accounts SET posted_credit = posted_credit + ${micro} WHERE code = 'wallet:alice'`,
      );
    start(auditorOf(parts, INTERVAL_MS));
    await eventually("books that are right", toSay(0));
    expect(messages()).not.toContain("error: the books are wrong");
    await addToAlice(5);
    await eventually("an alarm", toSay(audit === "full" ? 2 : 1));
    expect(messages()).toContain("error: the books are wrong");
    expect(logged).toContainEqual(
      expect.objectContaining({ violation: "the sum of all balances is not zero: 5" }),
    );
    await addToAlice(-5);
    await eventually("its end", toSay(0));
    expect(await metric("flock_ledger_audited_unix_seconds", audit)).toBeGreaterThan(Date.now() / 1_000 - 60);
  });

  it("says that it could not read the books, and tells of no audit", async () => {
    await ledger.db.pool.query("ALTER TABLE open_holds RENAME TO elsewhere");
    start(auditorOf(parts, INTERVAL_MS));
    await eventually("a warning", () => logged.some(({ level }) => level === "warn"));
    expect(await violations()).toBeUndefined();
    expect(await metric("flock_ledger_audited_unix_seconds", audit)).toBeUndefined();
  });
});

describe("a full audit", () => {
  it("ends in its next rest when the ledger stops, and tells nothing", async () => {
    const { pool } = ledger.db;
    const query = pool.query.bind(pool);
    let pages = 0;
    jest.spyOn(pool, "query").mockImplementation((...asked: Parameters<typeof query>) => {
      if (JSON.stringify(asked[0]).includes("audit-transfers")) {
        pages++;
        stop.abort();
      }
      return query(...asked);
    });
    start(auditor(parts, INTERVAL_MS));
    await ended;
    expect(pages).toBe(1);
    expect(logged).toEqual([]);
    expect(await metric("flock_ledger_audited_unix_seconds", "full")).toBeUndefined();
  });
});
