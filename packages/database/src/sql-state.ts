import { FlockError, type FlockErrorCode } from "@flock/errors";

/*
 * The one translation from Postgres' and the driver's errors to FlockError. Exact SQLSTATEs come first, then classes
 * (the first two characters). Anything not listed is a fault of ours: `internal`.
 */
const BY_STATE: Readonly<Record<string, FlockErrorCode>> = {
  "40001": "aborted", // serialization_failure
  "40P01": "aborted", // deadlock_detected
  "55P03": "aborted", // lock_not_available
  "57014": "deadline_exceeded", // query_canceled: the statement timeout
  "57P01": "unavailable", // admin_shutdown
  "57P02": "unavailable", // crash_shutdown
  "57P03": "unavailable", // cannot_connect_now: starting up or recovering
  "57P05": "unavailable", // idle_session_timeout
  "25P03": "unavailable", // idle_in_transaction_session_timeout
  "25006": "unavailable", // read_only_sql_transaction: a standby, or a primary that was just demoted
  "23505": "already_exists", // unique_violation
  "23503": "failed_precondition", // foreign_key_violation
  "23514": "failed_precondition", // check_violation
  "23502": "failed_precondition", // not_null_violation
};
const BY_CLASS: Readonly<Record<string, FlockErrorCode>> = {
  "08": "unavailable", // connection exception
  "53": "unavailable", // insufficient resources: connections, memory, disk
  "22": "invalid_argument", // data exception: out of range, invalid text
};
/** A server that goes down or comes up, or whose connection broke: for the caller the same as none. */
const IS_AWAY = /^(57P0[123]|08)/;
const AWAY = "the database cannot be reached";
const SOCKET_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOENT", // the server's socket file does not exist (yet)
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
/** What `pg` throws without any code when a connection dies under a query or cannot be had in time. */
const LOST_CONNECTION =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Client was closed|timeout expired)/;

/** The SQLSTATE of an error that Postgres reported, else undefined. */
export function sqlStateOf(thrown: unknown): string | undefined {
  const code = stringProperty(thrown, "code");
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The name of the constraint that a statement violated, else undefined. */
export function constraintOf(thrown: unknown): string | undefined {
  return stringProperty(thrown, "constraint");
}

/**
 * Translates whatever a database call threw. The message is safe to show; Postgres' own text is in `cause`, its
 * SQLSTATE and constraint in `details`. A FlockError passes through unchanged.
 */
export function databaseError(thrown: unknown): FlockError {
  if (thrown instanceof FlockError) return thrown;
  const sqlState = sqlStateOf(thrown);
  if (sqlState !== undefined) {
    const code = BY_STATE[sqlState] ?? BY_CLASS[sqlState.slice(0, 2)] ?? "internal";
    const constraint = constraintOf(thrown);
    const details = { sqlState, ...(constraint === undefined ? {} : { constraint }) };
    const message = IS_AWAY.test(sqlState) ? AWAY : `the database refused the operation (${sqlState})`;
    return new FlockError(code, message, { cause: thrown, details });
  }
  if (isLostConnection(thrown)) {
    return new FlockError("unavailable", AWAY, { cause: thrown });
  }
  return FlockError.from(thrown);
}

/**
 * True if repeating the whole transaction can succeed: it was aborted for another one's sake, or the database was away.
 */
export function isTransient(thrown: unknown): boolean {
  const { code } = databaseError(thrown);
  return code === "aborted" || code === "unavailable";
}

function isLostConnection(thrown: unknown): boolean {
  if (thrown instanceof AggregateError) return thrown.errors.some(isLostConnection);
  if (SOCKET_CODES.has(stringProperty(thrown, "code") ?? "")) return true;
  return LOST_CONNECTION.test(stringProperty(thrown, "message") ?? "");
}

function stringProperty(value: unknown, name: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const property: unknown = Reflect.get(value, name);
  return typeof property === "string" ? property : undefined;
}
