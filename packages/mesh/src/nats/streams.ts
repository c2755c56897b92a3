import { FlockError } from "@flock/errors";
import { BUCKETS, EVENTS, STREAMS, SUBJECTS } from "@flock/proto";
import {
  AckPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { nanos } from "@nats-io/nats-core";
import type { Mesh } from "./connection.js";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MIB = 1024 * 1024;

/** How long an unacknowledged ticket stays away from other workers. Short: sitting on tickets gains nothing. */
export const TICKET_ACK_WAIT_MS = 1_000;

/** Tickets older than this are gone; their requesters have long had them routed again. */
const TICKET_AGE_MAX_MS = 5 * MINUTE_MS;

/** Longest life of what a worker is let in with: for so long its session is known, so that it can be revoked. */
export const WORKER_SESSION_MS_MAX = DAY_MS;

type OwnStreamConfig = Partial<StreamConfig> & { name: string };

const JOBS: OwnStreamConfig = {
  name: STREAMS.jobs,
  subjects: [SUBJECTS.allTickets],
  retention: RetentionPolicy.Workqueue,
  storage: StorageType.Memory,
  discard: DiscardPolicy.New,
  max_age: nanos(TICKET_AGE_MAX_MS),
  max_msgs: 100_000,
  max_bytes: 64 * MIB,
  max_msg_size: 16 * 1024,
  duplicate_window: nanos(1_000),
};

const EVENTS_STREAM: OwnStreamConfig = {
  name: STREAMS.events,
  subjects: [EVENTS.all],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_age: nanos(30 * DAY_MS),
  max_bytes: 4096 * MIB,
  max_msg_size: 64 * 1024,
  // Longer than any requester keeps trying to publish an event, so that a retry is recognised.
  duplicate_window: nanos(2 * MINUTE_MS),
};

/** Codes of the JetStream API. */
const STREAM_NAME_IN_USE = 10058;
const STREAM_NOT_FOUND = 10059;

/**
 * Looks before it adds: a server that has restarted counts the bytes reserved for a stream that it has read back a
 * second time when it is asked to add it, and refuses for want of storage.
 */
async function ensureStream(manager: JetStreamManager, config: OwnStreamConfig): Promise<void> {
  const existing = await configOf(manager, config.name);
  try {
    if (existing === undefined) await manager.streams.add(config);
    // It has other limits (an operator's, or an older version's): bring it to ours.
    else if (differs(existing, config)) await manager.streams.update(config.name, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NAME_IN_USE) throw error;
    // Somebody else has added it in between, with other limits.
    await manager.streams.update(config.name, config);
  }
}

async function configOf(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}

/** Whether any of the fields that we set is set to something else. */
function differs(existing: StreamConfig, config: OwnStreamConfig): boolean {
  const present = new Map<string, unknown>(Object.entries(existing));
  return Object.entries(config).some(
    ([name, value]) => JSON.stringify(present.get(name)) !== JSON.stringify(value),
  );
}

/** Creates the ticket queue if it is missing (it lives in memory, so also after a restart of NATS). Idempotent. */
export async function ensureJobsStream(mesh: Mesh): Promise<void> {
  await ensureStream(await manager(mesh), JOBS);
}

/** Creates the event stream if it is missing. Idempotent. */
export async function ensureEventsStream(mesh: Mesh): Promise<void> {
  await ensureStream(await manager(mesh), EVENTS_STREAM);
}

/**
 * Creates the durable pull consumer `name` of a model's tickets if it is missing. Pulls ask for one ticket at a time;
 * a ticket that nobody claims comes back after {@link TICKET_ACK_WAIT_MS}.
 */
export async function ensureTicketConsumer(mesh: Mesh, name: string, filterSubject: string): Promise<void> {
  const { consumers } = await manager(mesh);
  await consumers.add(STREAMS.jobs, {
    durable_name: name,
    filter_subject: filterSubject,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(TICKET_ACK_WAIT_MS),
    max_ack_pending: 10_000,
    max_waiting: 4_096,
    max_batch: 1,
    max_expires: nanos(MINUTE_MS),
    // A queue that nobody pulls from for a day goes; the router makes it again when the model returns.
    inactive_threshold: nanos(DAY_MS),
    mem_storage: true,
  });
}

/** A JetStream manager without the start-up probe: NATS may be restarting, and each call has its own error. */
export function manager(mesh: Mesh): Promise<JetStreamManager> {
  return jetstreamManager(mesh.nats, { checkAPI: false, timeout: 5_000 });
}

/** The client that publishes to streams. */
export function jetstreamOf(mesh: Mesh): JetStreamClient {
  return jetstream(mesh.nats, { timeout: 5_000 });
}

/** What the buckets hold, and for how long. */
const BUCKET_OPTIONS = {
  [BUCKETS.bans]: { history: 1, max_bytes: 16 * MIB, maxValueSize: 4 * 1024 },
  [BUCKETS.models]: { history: 5, max_bytes: 64 * MIB, maxValueSize: 128 * 1024 },
  [BUCKETS.offences]: { history: 1, max_bytes: 32 * MIB, maxValueSize: 2 * 1024, ttl: 30 * DAY_MS },
  [BUCKETS.params]: { history: 64, max_bytes: 16 * MIB, maxValueSize: 128 * 1024 },
  [BUCKETS.sessions]: { history: 1, max_bytes: 64 * MIB, maxValueSize: 1024, ttl: WORKER_SESSION_MS_MAX },
  [BUCKETS.standings]: { history: 1, max_bytes: 32 * MIB, maxValueSize: 2 * 1024 },
  [BUCKETS.workers]: { history: 1, max_bytes: 64 * MIB, maxValueSize: 256 * 1024, ttl: MINUTE_MS },
} as const;

/** Opens a bucket, creating it if it is missing; one with other limits is brought to ours. Idempotent. */
export async function openBucket(mesh: Mesh, bucket: keyof typeof BUCKET_OPTIONS): Promise<KV> {
  try {
    const opened = await new Kvm(jetstreamOf(mesh)).create(bucket, BUCKET_OPTIONS[bucket]);
    await bringToLimits(await manager(mesh), bucket);
    return opened;
  } catch (cause) {
    throw new FlockError("unavailable", `cannot open bucket ${bucket}`, { cause });
  }
}

/** The client leaves a bucket that is there as it is. */
async function bringToLimits(streams: JetStreamManager, bucket: keyof typeof BUCKET_OPTIONS): Promise<void> {
  const options = BUCKET_OPTIONS[bucket];
  const ageMaxMs = "ttl" in options ? options.ttl : 0;
  const limits = {
    name: `KV_${bucket}`,
    max_msgs_per_subject: options.history,
    max_bytes: options.max_bytes,
    max_msg_size: options.maxValueSize,
    max_age: nanos(ageMaxMs),
    // As the client has it; it may not be longer than what it is a window of.
    duplicate_window: nanos(Math.min(ageMaxMs || 2 * MINUTE_MS, 2 * MINUTE_MS)),
  };
  const { config } = await streams.streams.info(limits.name);
  if (differs(config, limits)) await streams.streams.update(limits.name, limits);
}
