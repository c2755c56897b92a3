import { isIdentityId } from "@flock/keys/pure";
import { type Fault, fields, lines, quoted, readTime } from "./text-lines.js";

const TITLE = "FlockOllamas worker session";
const SESSION_KEY = /^U[A-Z2-7]{55}$/;
/** How old a request may be, and how far a worker's clock may be ahead. */
const AGE_MS_MAX = 5 * 60_000;

/** A worker's key asks that a session be let in on NATS. Signed again and again, by the key alone. */
export interface SessionRequest {
  /** Base58 of the key that a wallet delegated to, which signs this. */
  readonly key: string;
  /** Public key of a NATS user, made by the worker: whoever has its seed is in the session. */
  readonly session: string;
  readonly issuedMs: number;
}

/** The text for a worker's key to sign. */
export function sessionText({ key, session, issuedMs }: SessionRequest): string {
  return lines(TITLE, { key, session, issued: new Date(issuedMs).toISOString() });
}

/** Reads what {@link sessionText} wrote, and nothing that merely resembles it. */
export function readSessionRequest(text: string): SessionRequest | Fault {
  const read = fields(text, TITLE, ["key", "session", "issued"]);
  if ("fault" in read) return read;
  const [key, session, issued] = read.values;
  if (!isIdentityId(key)) return { fault: `key: ${quoted(key)} is not a key` };
  if (!SESSION_KEY.test(session))
    return { fault: `session: ${quoted(session)} is not the public key of a NATS user` };
  const issuedMs = readTime(issued, "issued");
  if (typeof issuedMs !== "number") return issuedMs;
  return { key, session, issuedMs };
}

/** What makes a well-formed request unusable now; undefined: nothing. */
export function faultOfSessionRequest(request: SessionRequest, nowMs: number): string | undefined {
  if (Math.abs(nowMs - request.issuedMs) <= AGE_MS_MAX) return undefined;
  return `issued: it is now ${new Date(nowMs).toISOString()}, is your clock right?`;
}
