import { isIdentityId } from "@flock/keys";
import { type MicroLlama, microLlama, TOTAL_SUPPLY } from "@flock/money";

/**
 * The text that a wallet signs to take stake back. Printable ASCII, one fact per line in a fixed order, like the texts for
 * withdrawals and claims that the treasury reads: it names the network, who signs, how much, a unique id and when it
 * lapses, so that it can be used for nothing else, nowhere else, and once.
 *
 *   FlockOllamas unstake
 *   network: <genesis hash>
 *   account: <address>
 *   amount: <µLLAMA>
 *   id: <uuid>
 *   expires: <ISO time>
 */
const TITLE = "FlockOllamas unstake";
const NAMES = ["network", "account", "amount", "id", "expires"] as const;
const TEXT_LENGTH_MAX = 1_024;
const LIFETIME_MS_MAX = 24 * 3_600_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface UnstakeMessage {
  /** Genesis hash of the chain. */
  readonly network: string;
  /** Wallet that signs, and whose stake it is. */
  readonly account: string;
  readonly amount: MicroLlama;
  /** UUID, lower case. */
  readonly id: string;
  readonly expiresMs: number;
}

/** What is wrong with a text, in words for its author. */
export interface Fault {
  readonly fault: string;
}

/** Reads a text of exactly the form above, and nothing that merely resembles it. */
export function readUnstake(text: string): UnstakeMessage | Fault {
  if (text.length > TEXT_LENGTH_MAX || !/^[\x20-\x7e\n]*$/.test(text))
    return { fault: `the text is not printable ASCII of at most ${TEXT_LENGTH_MAX} characters` };
  const [title, ...lines] = text.split("\n");
  if (title !== TITLE) return { fault: `the first line is not "${TITLE}"` };
  if (lines.length !== NAMES.length) return { fault: `${NAMES.length} lines belong after the title` };
  const wrong = NAMES.find((name, index) => !lines[index]?.startsWith(`${name}: `));
  if (wrong !== undefined) return { fault: `the line "${wrong}: …" is missing or not in its place` };
  const [network = "", account = "", amountText = "", id = "", expires = ""] = lines.map((line, index) =>
    line.slice((NAMES[index]?.length ?? 0) + 2),
  );
  if (!isIdentityId(account)) return { fault: `account: ${quoted(account)} is not a wallet address` };
  if (!/^[1-9][0-9]{0,18}$/.test(amountText))
    return { fault: `amount: ${quoted(amountText)} is not a positive whole number of µLLAMA` };
  const amount = BigInt(amountText);
  if (amount > TOTAL_SUPPLY) return { fault: `amount: ${amountText} µLLAMA is more than there is` };
  if (!UUID.test(id)) return { fault: `id: ${quoted(id)} is not a UUID in lower case` };
  const expiresMs = Date.parse(expires);
  if (!Number.isFinite(expiresMs) || new Date(expiresMs).toISOString() !== expires)
    return { fault: `expires: ${quoted(expires)} is not a time like 2026-01-31T12:00:00.000Z` };
  return { network, account, amount: microLlama(amount), id, expiresMs };
}

/** What makes a well-formed text unusable here and now; undefined: nothing. */
export function faultOfMessage(message: UnstakeMessage, network: string, nowMs: number): string | undefined {
  if (message.network !== network) return `network: it is for ${quoted(message.network)}, this is ${network}`;
  if (message.expiresMs <= nowMs) return `expires: it lapsed at ${new Date(message.expiresMs).toISOString()}`;
  if (message.expiresMs > nowMs + LIFETIME_MS_MAX) return "expires: more than 24 hours ahead";
  return undefined;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
