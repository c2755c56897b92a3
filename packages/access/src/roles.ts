import { MESSAGE_BYTES_MAX, SERVER_SUBJECTS, SUBJECTS } from "@flock/proto";
import type { Permissions, UserPermissionsLimits } from "@nats-io/jwt";

/*
 * Who may do what on NATS: the one table. Everything else in this package turns it into JWTs.
 */

/** Stands, in a template, for the name of the user: nats-server puts it in, in the case in which it was issued. */
const WORKER = "{{name()}}";
/** Most subscriptions of a worker's connection: one for commands, one for grants, and one for each pull that waits. */
const WORKER_SUBSCRIPTIONS_MAX = 512;

const NO_LIMIT = -1;

/**
 * What a worker may do. It has no right in JetStream, and none to answer messages (`resp` would let it publish wherever
 * a message asks it to reply).
 *
 * `data` is not set: nats-server does not enforce it.
 */
export const WORKER_TEMPLATE: UserPermissionsLimits = {
  pub: {
    allow: [
      SUBJECTS.claim(WORKER, "*"),
      SUBJECTS.report(WORKER, "*"),
      SUBJECTS.heartbeat(WORKER),
      SUBJECTS.pull(WORKER, "*"),
    ],
    deny: [],
  },
  sub: {
    allow: [SUBJECTS.control(WORKER), SUBJECTS.delivery(WORKER, "*"), `${SUBJECTS.workerInbox(WORKER)}.>`],
    deny: [],
  },
  subs: WORKER_SUBSCRIPTIONS_MAX,
  payload: Math.max(MESSAGE_BYTES_MAX.workerReport, MESSAGE_BYTES_MAX.announcement, MESSAGE_BYTES_MAX.claim),
  data: NO_LIMIT,
  bearer_token: false,
  allowed_connection_types: ["STANDARD", "WEBSOCKET"],
};

/** A service of ours, and the command line: everything in CORE. */
export const SERVICE_USER: UserPermissionsLimits = {
  pub: {},
  sub: {},
  subs: NO_LIMIT,
  payload: NO_LIMIT,
  data: NO_LIMIT,
  bearer_token: false,
  allowed_connection_types: ["STANDARD"],
};

/** An operator's tool: what it needs to replace an account's JWT on running servers, and to list connections. */
export const SYSTEM_USER: UserPermissionsLimits = {
  pub: { allow: [SERVER_SUBJECTS.accountUpdate, SERVER_SUBJECTS.connections("*")], deny: [] },
  sub: { allow: ["_INBOX.>"], deny: [] },
  subs: 16,
  payload: NO_LIMIT,
  data: NO_LIMIT,
  bearer_token: false,
  allowed_connection_types: ["STANDARD"],
};

/** Of a user of WORKERS that no scope was given to: nothing. */
export const NO_PERMISSIONS: Partial<Permissions> = { pub: { deny: [">"] }, sub: { deny: [">"] } };
