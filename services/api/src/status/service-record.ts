/*
 * What is known of a service, sample by sample. Pure.
 *
 * | seen in a sample                          | state    | for incidents |
 * | ----------------------------------------- | -------- | ------------- |
 * | as many instances as usual, no fault      | ok       | good          |
 * | a fault; or fewer instances than usual    | degraded | failed        |
 * | no instance                               | down     | failed        |
 * | no instance, of one that was never seen   | unknown  | nothing       |
 * | nothing could be seen                     | unknown  | nothing       |
 *
 * Usual is the most that was seen, until for ten samples there were fewer: then that is usual, because somebody wants
 * it so. None is never usual.
 *
 * | incident | sample                         | then                                                    |
 * | -------- | ------------------------------ | ------------------------------------------------------- |
 * | none     | failed, the first time         | none                                                    |
 * | none     | failed, the second in a row    | open, since the first of the two                        |
 * | none     | good                           | none, and failed samples are counted anew               |
 * | open     | failed                         | open; worse, if it is down now; good ones counted anew  |
 * | open     | good, the first time           | open                                                    |
 * | open     | good, the second in a row      | over, since the first of the two                        |
 * | any      | nothing                        | as it was: what is between is not seen                  |
 */

export type ServiceState = "ok" | "degraded" | "down" | "unknown";

/** What a sample has seen of a service. */
export interface Observation {
  readonly instances: number;
  /** What is wrong though it answers, in words, and what users notice of it. */
  readonly fault?: { readonly note: string; readonly effect: string };
}

export interface Incident {
  readonly id: string;
  readonly service: string;
  readonly beganMs: number;
  /** Undefined: it goes on. */
  readonly endedMs: number | undefined;
  /** Its worst state so far. */
  readonly worst: "degraded" | "down";
  /** What users notice, in words. */
  readonly effect: string;
}

/** Of one service. Times are Unix milliseconds. */
export interface ServiceRecord {
  readonly service: string;
  readonly state: ServiceState;
  /** Since when it is in this state. */
  readonly sinceMs: number;
  /** Why it is not ok. */
  readonly note: string | undefined;
  readonly instances: number;
  /** How many there usually are. */
  readonly usual: number;
  /** In so many samples in a row there were fewer. */
  readonly fewerSamples: number;
  readonly failed: Streak;
  readonly good: Streak;
  /** That goes on. */
  readonly incident: Incident | undefined;
}

/** Samples of a kind without one of the other kind between. */
export interface Streak {
  readonly samples: number;
  /** The first of them; 0: there is none. */
  readonly sinceMs: number;
}

export interface SampledRecord {
  readonly record: ServiceRecord;
  /** An incident that is new, worse or over. */
  readonly incident: Incident | undefined;
}

/** So many samples make an incident, or end it. */
const SAMPLES_TO_BELIEVE = 2;
const SAMPLES_TO_GET_USED_TO = 10;
const NO_STREAK: Streak = { samples: 0, sinceMs: 0 };

/** @param effectOf What users notice of a service that is in that state. */
export type EffectOf = (service: string, state: "degraded" | "down") => string;

export function newRecord(service: string, atMs: number): ServiceRecord {
  const [failed, good] = [NO_STREAK, NO_STREAK];
  const none = { instances: 0, usual: 0, fewerSamples: 0, failed, good, incident: undefined };
  return { service, state: "unknown", sinceMs: atMs, note: undefined, ...none };
}

/**
 * The record after one more sample.
 * @param seen Undefined: it could not be looked at.
 * @param newId Of an incident that begins.
 */
export function sampled(
  before: ServiceRecord,
  seen: Observation | undefined,
  atMs: number,
  { effectOf, newId }: { readonly effectOf: EffectOf; readonly newId: () => string },
): SampledRecord {
  const usual = seen === undefined ? before : usualAfter(before, seen.instances);
  const { state, note } = readingOf(usual.usual, seen);
  const sinceMs = state === before.state ? before.sinceMs : atMs;
  const { fewerSamples } = usual;
  const record = { ...before, state, sinceMs, note, usual: usual.usual, fewerSamples };
  if (state === "unknown" || seen === undefined)
    return { record: { ...record, instances: 0 }, incident: undefined };
  const counted = { ...record, instances: seen.instances };
  if (state === "ok") return afterGood(counted, atMs);
  const effect = seen.fault?.effect ?? effectOf(before.service, state);
  return afterFailed(counted, atMs, { worst: state, effect }, newId);
}

function usualAfter(
  { usual, fewerSamples }: ServiceRecord,
  instances: number,
): Pick<ServiceRecord, "usual" | "fewerSamples"> {
  if (instances >= usual) return { usual: instances, fewerSamples: 0 };
  if (instances > 0 && fewerSamples >= SAMPLES_TO_GET_USED_TO) return { usual: instances, fewerSamples: 0 };
  return { usual, fewerSamples: fewerSamples + 1 };
}

function readingOf(
  usual: number,
  seen: Observation | undefined,
): { readonly state: ServiceState; readonly note: string | undefined } {
  if (seen === undefined) return { state: "unknown", note: "it could not be looked at" };
  const { instances, fault } = seen;
  if (instances === 0 && usual === 0) return { state: "unknown", note: "it has not been seen yet" };
  if (instances === 0) return { state: "down", note: "no instance answers" };
  if (fault !== undefined) return { state: "degraded", note: fault.note };
  if (instances < usual) return { state: "degraded", note: `${instances} of ${usual} instances answer` };
  return { state: "ok", note: undefined };
}

function longer({ samples, sinceMs }: Streak, atMs: number): Streak {
  return { samples: samples + 1, sinceMs: samples === 0 ? atMs : sinceMs };
}

function afterGood(record: ServiceRecord, atMs: number): SampledRecord {
  const good = longer(record.good, atMs);
  if (record.incident === undefined)
    return { record: { ...record, good, failed: NO_STREAK }, incident: undefined };
  if (good.samples < SAMPLES_TO_BELIEVE) return { record: { ...record, good }, incident: undefined };
  const over = { ...record.incident, endedMs: good.sinceMs };
  return { record: { ...record, good, failed: NO_STREAK, incident: undefined }, incident: over };
}

function afterFailed(
  record: ServiceRecord,
  atMs: number,
  is: Pick<Incident, "worst" | "effect">,
  newId: () => string,
): SampledRecord {
  const failed = longer(record.failed, atMs);
  const counted = { ...record, failed, good: NO_STREAK };
  const { incident } = record;
  if (incident === undefined && failed.samples < SAMPLES_TO_BELIEVE)
    return { record: counted, incident: undefined };
  if (incident !== undefined && !(incident.worst === "degraded" && is.worst === "down"))
    return { record: counted, incident: undefined };
  const { service } = record;
  const begun = incident ?? { id: newId(), service, beganMs: failed.sinceMs, endedMs: undefined };
  const now = { ...begun, ...is };
  return { record: { ...counted, incident: now }, incident: now };
}
