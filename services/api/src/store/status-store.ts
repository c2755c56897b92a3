import { randomUUID } from "node:crypto";
import type { Database } from "@flock/database";
import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { Payouts } from "../status/service-observer.js";
import type { Incident, SampledRecord, ServiceRecord, ServiceState } from "../status/service-record.js";
import type { ApiSchema } from "./schema.js";
import { translated } from "./translated.js";

/** What a sample, with those that were missed before, has brought. */
export interface WrittenSample {
  readonly atMs: number;
  /** Of every service that there is. */
  readonly records: readonly ServiceRecord[];
  readonly steps: readonly (SampledRecord & { readonly atMs: number })[];
  readonly payouts: Payouts | undefined;
}

export interface KeptIncident extends Omit<Incident, "worst"> {
  /** What operators did, in their words. */
  readonly done: string | undefined;
}

/** How often a service was ok on a day (UTC, such as 2026-11-22), of so many samples. */
export interface KeptDay {
  readonly day: string;
  readonly service: string;
  readonly ok: number;
  readonly samples: number;
}

export interface KeptStatus {
  /** When it was sampled last; undefined: never. */
  readonly sampledMs: number | undefined;
  readonly records: readonly ServiceRecord[];
  /** Newest first. */
  readonly incidents: readonly KeptIncident[];
  readonly days: readonly KeptDay[];
  readonly payouts: Payouts | undefined;
}

/** What is told; a little more is kept. */
export const DAYS_TOLD = 90;
const INCIDENTS_TOLD_MAX = 50;
/** Characters; as the table has it. */
export const EFFECT_LENGTH_MAX = 1_000;
export const DONE_LENGTH_MAX = 2_000;
const DAY_MS = 86_400_000;
const INCIDENTS_KEPT_MS = 400 * DAY_MS;

type Query = Kysely<ApiSchema> | Transaction<ApiSchema>;
type ServiceRow = Selectable<ApiSchema["status_services"]>;

/** The states of services in Postgres. Throws FlockErrors, `unavailable` if the database is away. */
export class StatusStore {
  readonly #db: Database<ApiSchema>;

  constructor(db: Database<ApiSchema>) {
    this.#db = db;
  }

  /** Makes `sampler` the one that samples, for `ttlMs` from now, if no other is; undefined if one is. */
  async lead(sampler: string, ttlMs: number): Promise<{ readonly sampledMs: number } | undefined> {
    const { rows } = await translated(() =>
      sql<{ sampled_at: Date | null }>`
        UPDATE status_sampler
           SET sampler = ${sampler}, sampler_until = now() + ${ttlMs} * interval '1 millisecond'
         WHERE sampler IS NULL OR sampler = ${sampler} OR sampler_until <= now()
        RETURNING sampled_at`.execute(this.#db.kysely),
    );
    const [row] = rows;
    return row === undefined ? undefined : { sampledMs: row.sampled_at?.getTime() ?? 0 };
  }

  /** Lets another one sample, if this one does. */
  async resign(sampler: string): Promise<void> {
    await translated(() =>
      sql`UPDATE status_sampler SET sampler = NULL WHERE sampler = ${sampler}`.execute(this.#db.kysely),
    );
  }

  records(): Promise<ServiceRecord[]> {
    return translated(() => recordsIn(this.#db.kysely));
  }

  /** All or nothing. False, and nothing is written, if another one samples by now. */
  async write(sampler: string, { atMs, records, steps, payouts }: WrittenSample): Promise<boolean> {
    return translated(() =>
      this.#db.kysely.transaction().execute(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable("status_sampler")
          .set({
            sampled_at: new Date(atMs),
            payouts_halted: payouts?.isHalted ?? null,
            payouts_reason: payouts?.reason ?? null,
            payouts_since: dateOf(payouts?.sinceMs),
          })
          .where("sampler", "=", sampler)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        for (const { incident } of steps)
          if (incident !== undefined) await keepIncident(transaction, incident);
        await transaction.deleteFrom("status_services").execute();
        if (records.length > 0)
          await transaction.insertInto("status_services").values(records.map(rowOf)).execute();
        await countDays(transaction, steps);
        await dropOld(transaction, atMs);
        return true;
      }),
    );
  }

  /** One that no sample has found, and none ends. Answers its id. */
  async openIncident(incident: Omit<Incident, "id" | "endedMs">): Promise<string> {
    const id = randomUUID();
    await translated(() => keepIncident(this.#db.kysely, { ...incident, id, endedMs: undefined }));
    return id;
  }

  /**
   * @param change `done`: what operators did. `endedMs`: ends it, unless it is over, or samples have found it.
   * Nothing is written unless all of it is.
   */
  async changeIncident(
    id: string,
    { done, endedMs }: { readonly done: string | undefined; readonly endedMs: number | undefined },
  ): Promise<"changed" | "missing" | "over" | "sampled"> {
    return translated(() =>
      this.#db.kysely.transaction().execute(async (transaction) => {
        const incident = await transaction
          .selectFrom("status_incidents")
          .select(["began_at", "ended_at"])
          .where("id", "=", id)
          .forUpdate()
          .executeTakeFirst();
        if (incident === undefined) return "missing";
        if (endedMs !== undefined) {
          if (incident.ended_at !== null) return "over";
          const sampled = await transaction
            .selectFrom("status_services")
            .select("service")
            .where("incident", "=", id)
            .executeTakeFirst();
          if (sampled !== undefined) return "sampled";
        }
        // A clock that is behind the one that opened it ends it at once.
        const ended = endedMs === undefined ? {} : { ended_at: laterOf(incident.began_at, endedMs) };
        await transaction
          .updateTable("status_incidents")
          .set({ ...(done === undefined ? {} : { done }), ...ended })
          .where("id", "=", id)
          .execute();
        return "changed";
      }),
    );
  }

  /** @param nowMs Says which days are told. */
  async read(nowMs: number): Promise<KeptStatus> {
    const { kysely } = this.#db;
    const since = new Date(nowMs - DAYS_TOLD * DAY_MS);
    return translated(async () => {
      const sampler = await kysely.selectFrom("status_sampler").selectAll().executeTakeFirstOrThrow();
      const incidents = await kysely
        .selectFrom("status_incidents")
        .selectAll()
        .where((is) => is.or([is("ended_at", "is", null), is("ended_at", ">", since)]))
        .orderBy("began_at", "desc")
        .orderBy("id")
        .limit(INCIDENTS_TOLD_MAX)
        .execute();
      const days = await kysely
        .selectFrom("status_days")
        .select([sql<string>`to_char(day, 'YYYY-MM-DD')`.as("day"), "service", "ok", "samples"])
        .execute();
      return {
        sampledMs: sampler.sampled_at?.getTime(),
        records: await recordsIn(kysely),
        incidents: incidents.map(({ id, service, began_at, ended_at, effect, done }) => ({
          ...{ id, service, effect },
          beganMs: began_at.getTime(),
          endedMs: ended_at?.getTime(),
          done: done ?? undefined,
        })),
        days,
        payouts:
          sampler.payouts_halted === null
            ? undefined
            : {
                isHalted: sampler.payouts_halted,
                reason: sampler.payouts_reason ?? undefined,
                sinceMs: sampler.payouts_since?.getTime(),
              },
      };
    });
  }
}

async function recordsIn(kysely: Query): Promise<ServiceRecord[]> {
  const rows = await kysely
    .selectFrom("status_services")
    .leftJoin("status_incidents", "status_incidents.id", "status_services.incident")
    .selectAll("status_services")
    .select(["status_incidents.began_at", "status_incidents.worst", "status_incidents.effect"])
    .execute();
  return rows.map((row) => {
    const { service, incident, began_at: began, worst, effect } = row;
    const isOpen = incident !== null && began !== null && worst !== null && effect !== null;
    const known = isOpen
      ? { id: incident, service, beganMs: began.getTime(), endedMs: undefined, worst, effect }
      : undefined;
    return { ...recordOf(row), incident: known };
  });
}

function recordOf(row: ServiceRow): Omit<ServiceRecord, "incident"> {
  return {
    service: row.service,
    // CAST: a constraint of the table.
    state: row.state as ServiceState,
    sinceMs: row.since.getTime(),
    note: row.note ?? undefined,
    instances: row.instances,
    usual: row.usual,
    fewerSamples: row.fewer_samples,
    failed: { samples: row.failed_samples, sinceMs: row.failed_since?.getTime() ?? 0 },
    good: { samples: row.good_samples, sinceMs: row.good_since?.getTime() ?? 0 },
  };
}

function rowOf({
  service,
  state,
  sinceMs,
  note,
  instances,
  usual,
  fewerSamples,
  failed,
  good,
  incident,
}: ServiceRecord) {
  return {
    ...{ service, state, instances, usual },
    since: new Date(sinceMs),
    note: note ?? null,
    fewer_samples: fewerSamples,
    failed_samples: failed.samples,
    failed_since: dateOf(failed.sinceMs),
    good_samples: good.samples,
    good_since: dateOf(good.sinceMs),
    incident: incident?.id ?? null,
  };
}

function laterOf(began: Date, unixMs: number): Date {
  return new Date(Math.max(began.getTime(), unixMs));
}

function dateOf(unixMs: number | undefined): Date | null {
  return unixMs === undefined || unixMs === 0 ? null : new Date(unixMs);
}

/** What operators have written of it stays. */
async function keepIncident(kysely: Query, incident: Incident): Promise<void> {
  const { id, service, worst, effect, beganMs, endedMs } = incident;
  const ended = { worst, effect, ended_at: dateOf(endedMs) };
  await kysely
    .insertInto("status_incidents")
    .values({ ...ended, id, service, began_at: new Date(beganMs) })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(ended))
    .execute();
}

/** A sample that has seen nothing counts for nothing. */
async function countDays(kysely: Query, steps: WrittenSample["steps"]): Promise<void> {
  const days = new Map<string, KeptDay>();
  for (const { atMs, record } of steps) {
    const { service, state } = record;
    if (state === "unknown") continue;
    const day = new Date(atMs).toISOString().slice(0, 10);
    const { ok, samples } = days.get(`${day} ${service}`) ?? { ok: 0, samples: 0 };
    const more = state === "ok" ? 1 : 0;
    days.set(`${day} ${service}`, { day, service, ok: ok + more, samples: samples + 1 });
  }
  for (const day of days.values())
    await kysely
      .insertInto("status_days")
      .values(day)
      .onConflict((conflict) =>
        conflict.columns(["day", "service"]).doUpdateSet({
          ok: sql<number>`status_days.ok + excluded.ok`,
          samples: sql<number>`status_days.samples + excluded.samples`,
        }),
      )
      .execute();
}

async function dropOld(kysely: Query, atMs: number): Promise<void> {
  const day = new Date(atMs - (DAYS_TOLD + 1) * DAY_MS).toISOString().slice(0, 10);
  await kysely.deleteFrom("status_days").where("day", "<", day).execute();
  const ended = new Date(atMs - INCIDENTS_KEPT_MS);
  await kysely.deleteFrom("status_incidents").where("ended_at", "<", ended).execute();
}
