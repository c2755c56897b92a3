import { type HardwareClass, hardwareClassName, type WorkerSnapshot } from "@flock/proto/workers";
import type { Census } from "./census.js";
import { inGroups } from "./group-min.js";
import type { HeardLoad } from "./heard-loads.js";
import { type ClassCounts, type ToldClass, toldClasses } from "./told-hardware.js";

/** What is told of workers and jobs at a moment, of a model or of all. */
export interface Counts {
  /** Those that take jobs. */
  readonly workers: number;
  /** Jobs that they run at once, and those that drain. */
  readonly slots: number;
  readonly busy: number;
  /** Jobs that still run at workers that take no new ones. */
  readonly draining: number;
  readonly waiting: number;
  /** Completion tokens that clients were given in the last second. */
  readonly tokens: number;
  /** Answers that ended whole in the last second. */
  readonly jobs: number;
}

export interface ModelCounts extends Counts {
  readonly name: string;
}

export interface ToldNetwork {
  /** Undefined: the network has too few workers to tell of any. */
  readonly totals: Counts | undefined;
  readonly models: readonly ModelCounts[];
  /** Models with few workers, together; undefined: there are none, or their workers together are still too few. */
  readonly other: Counts | undefined;
  readonly hardware: readonly ToldClass[];
}

/** Answers that have ended and are not told of yet: they wait until they are a group. By row. */
export type HeldJobs = Map<string, number>;

/** Workers, and what was heard of their models. */
interface Row {
  readonly key: string;
  readonly workers: ReadonlySet<WorkerSnapshot>;
  readonly loads: readonly HeardLoad[];
}

/** Models that are told of by name: those with the most workers. */
const NAMED_MAX = 64;
const NOTHING: ToldNetwork = { totals: undefined, models: [], other: undefined, hardware: [] };

/**
 * What of a census is told. Nothing of it is about fewer than `groupMin` workers or jobs, nor are differences of it:
 *
 * - A model with fewer workers has no row. Such models share one, if together they have enough workers; else nothing of
 *   them is in any number, totals included.
 * - Counts of jobs and requests are rounded down to whole groups, each by itself. Answers that have ended are held back
 *   until they are a group.
 * - Tokens are told where they are of enough answers at once.
 *
 * @param held Is kept from one second to the next.
 */
export function toldNetwork(census: Census, groupMin: number, held: HeldJobs): ToldNetwork {
  const names = namesOf(census, groupMin);
  const named = names.map((name) => rowOf(census, name, [name]));
  const rest = restOf(census, new Set(names), groupMin);
  const rows = rest === undefined ? named : [...named, rest];
  const all = allOf(named, rest, groupMin);
  if (all.workers.size < groupMin && census.ready.length > 0) {
    held.clear();
    return NOTHING;
  }
  const models = named.map((row) => ({ name: row.key, ...toldCounts(row, groupMin, held) }));
  const other = rest && toldCounts(rest, groupMin, held);
  const totals = { ...toldCounts(all, groupMin, held), tokens: tokensOfAll(rows, groupMin) };
  forgetAllBut(held, [...rows, all]);
  return { totals, models, other, hardware: hardwareOf(all, groupMin) };
}

/** Models that have a row of their own. */
function namesOf({ servers }: Census, groupMin: number): string[] {
  return [...servers]
    .filter(([, workers]) => workers.length >= groupMin)
    .sort(([a, ofA], [b, ofB]) => ofB.length - ofA.length || (a < b ? -1 : 1))
    .slice(0, NAMED_MAX)
    .map(([name]) => name);
}

function rowOf({ servers, loads }: Census, key: string, models: readonly string[]): Row {
  return {
    key,
    workers: new Set(models.flatMap((model) => servers.get(model) ?? [])),
    loads: models.flatMap((model) => loads.get(model) ?? []),
  };
}

/** The models without a row, and the workers without a model. */
function restOf(census: Census, named: ReadonlySet<string>, groupMin: number): Row | undefined {
  const models = [...new Set([...census.servers.keys(), ...census.loads.keys()])].filter(
    (model) => !named.has(model),
  );
  const row = rowOf(census, "", models);
  const workers = new Set([...row.workers, ...census.ready.filter((worker) => worker.models.length === 0)]);
  if (models.length === 0 && workers.size === 0) return undefined;
  return workers.size >= groupMin || groupMin === 1 ? { ...row, workers } : undefined;
}

/** Of the workers that only the rest has, none are counted if they are few: the totals would show them. */
function allOf(named: readonly Row[], rest: Row | undefined, groupMin: number): Row {
  const workers = new Set(named.flatMap((row) => [...row.workers]));
  const further = [...(rest?.workers ?? [])].filter((worker) => !workers.has(worker));
  if (further.length >= groupMin) for (const worker of further) workers.add(worker);
  return {
    key: " ",
    workers,
    loads: [...named, ...(rest === undefined ? [] : [rest])].flatMap((row) => row.loads),
  };
}

function toldCounts({ key, workers, loads }: Row, groupMin: number, held: HeldJobs): Counts {
  const whole = (count: number): number => inGroups(count, groupMin);
  const drainingWorkers = sum(loads, ({ drainingWorkers }) => drainingWorkers);
  const draining = drainingWorkers >= groupMin ? whole(sum(loads, (load) => load.draining)) : 0;
  const ended = (held.get(key) ?? 0) + sum(loads, ({ jobs }) => jobs);
  held.set(key, ended - whole(ended));
  return {
    workers: workers.size,
    slots: draining + sum([...workers], ({ slots }) => slots),
    busy: whole(sum(loads, ({ running }) => sum([...running.values()], (jobs) => jobs))),
    draining,
    waiting: whole(sum(loads, ({ waiting }) => waiting)),
    tokens: streamsOf(loads) >= groupMin ? tokensOf(loads) : 0,
    jobs: whole(ended),
  };
}

/** What the rows tell, and what they do not tell each, if it is of enough answers together. */
function tokensOfAll(rows: readonly Row[], groupMin: number): number {
  const isEnough = (loads: readonly HeardLoad[]): boolean => streamsOf(loads) >= groupMin;
  const told = rows.filter(({ loads }) => isEnough(loads)).flatMap(({ loads }) => loads);
  const untold = rows.filter(({ loads }) => !isEnough(loads)).flatMap(({ loads }) => loads);
  return tokensOf(told) + (isEnough(untold) ? tokensOf(untold) : 0);
}

function hardwareOf({ workers, loads }: Row, groupMin: number): ToldClass[] {
  const classes = new Map<string, ClassCounts>();
  const add = (hardware: HardwareClass, more: ClassCounts): void => {
    const name = hardwareClassName(hardware);
    const before = classes.get(name) ?? { workers: 0, slots: 0, busy: 0 };
    classes.set(name, {
      workers: before.workers + more.workers,
      slots: before.slots + more.slots,
      busy: before.busy + more.busy,
    });
  };
  for (const { hardware, slots } of workers) add(hardware, { workers: 1, slots, busy: 0 });
  for (const { running } of loads)
    for (const [hardware, busy] of running) add(hardware, { workers: 0, slots: 0, busy });
  return toldClasses(classes, groupMin).map((told) => ({ ...told, busy: inGroups(told.busy, groupMin) }));
}

function forgetAllBut(held: HeldJobs, rows: readonly Row[]): void {
  const keys = new Set(rows.map(({ key }) => key));
  for (const [key, jobs] of held) if (jobs === 0 || !keys.has(key)) held.delete(key);
}

function tokensOf(loads: readonly HeardLoad[]): number {
  return sum(loads, ({ tokens }) => tokens);
}

function streamsOf(loads: readonly HeardLoad[]): number {
  return sum(loads, ({ streams }) => streams);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
