import { isIdentityId } from "@flock/keys/pure";
import { type MicroLlama, microLlama, TOTAL_SUPPLY } from "@flock/money";
import { isSubjectToken } from "@flock/proto/subjects";
import { type Fault, fields, lines, quoted, readTime } from "./text-lines.js";

/**
 * Texts that a wallet signs to move money. Each names the network, who signs, what for, a unique id and when it lapses,
 * so that it can be used for nothing else, nowhere else, and once.
 */
const TITLES = {
  withdrawal: "FlockOllamas withdrawal",
  unstake: "FlockOllamas unstake",
  claim: "FlockOllamas claim",
} as const;

/** Longest that a signed text may lie about, from being checked to its expiry. */
const LIFETIME_MS_MAX = 24 * 3_600_000;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface WithdrawalOrder {
  /** Genesis hash of the chain. */
  readonly network: string;
  /** Wallet that signs, and whose ledger wallet pays. */
  readonly account: string;
  readonly amount: MicroLlama;
  /** Wallet address that is paid. The payer checks it. */
  readonly to: string;
  /** UUID, lower case. */
  readonly id: string;
  readonly expiresMs: number;
}

export interface UnstakeOrder {
  readonly network: string;
  /** Wallet that signs, and whose stake it is. */
  readonly account: string;
  readonly amount: MicroLlama;
  /** UUID, lower case. */
  readonly id: string;
  readonly expiresMs: number;
}

export interface ClaimOrder {
  readonly network: string;
  /** Wallet that signs: the deposit's sender. */
  readonly account: string;
  /** Signature of the deposit's transaction. */
  readonly deposit: string;
  /** Ledger account id to be credited. */
  readonly to: string;
  readonly expiresMs: number;
}

/** The text for a wallet to sign. */
export function withdrawalText(order: WithdrawalOrder): string {
  return lines(TITLES.withdrawal, {
    network: order.network,
    account: order.account,
    amount: String(order.amount),
    to: order.to,
    id: order.id,
    expires: new Date(order.expiresMs).toISOString(),
  });
}

/** The text for a wallet to sign. */
export function unstakeText(order: UnstakeOrder): string {
  return lines(TITLES.unstake, {
    network: order.network,
    account: order.account,
    amount: String(order.amount),
    id: order.id,
    expires: new Date(order.expiresMs).toISOString(),
  });
}

/** The text for a wallet to sign. */
export function claimText(order: ClaimOrder): string {
  return lines(TITLES.claim, {
    network: order.network,
    account: order.account,
    deposit: order.deposit,
    to: order.to,
    expires: new Date(order.expiresMs).toISOString(),
  });
}

/** Reads what {@link withdrawalText} wrote, and nothing that merely resembles it. */
export function readWithdrawal(text: string): WithdrawalOrder | Fault {
  const values = fields(text, TITLES.withdrawal, ["network", "account", "amount", "to", "id", "expires"]);
  if ("fault" in values) return values;
  const [network, account, amountText, to, id, expires] = values.values;
  const amount = readAmount(amountText);
  if (typeof amount !== "bigint") return amount;
  if (!UUID.test(id)) return { fault: `id: ${quoted(id)} is not a UUID in lower case` };
  const expiresMs = readTime(expires);
  if (typeof expiresMs !== "number") return expiresMs;
  return { network, account, amount, to, id, expiresMs };
}

/** Reads what {@link unstakeText} wrote, and nothing that merely resembles it. */
export function readUnstake(text: string): UnstakeOrder | Fault {
  const values = fields(text, TITLES.unstake, ["network", "account", "amount", "id", "expires"]);
  if ("fault" in values) return values;
  const [network, account, amountText, id, expires] = values.values;
  if (!isIdentityId(account)) return { fault: `account: ${quoted(account)} is not a wallet address` };
  const amount = readAmount(amountText);
  if (typeof amount !== "bigint") return amount;
  if (!UUID.test(id)) return { fault: `id: ${quoted(id)} is not a UUID in lower case` };
  const expiresMs = readTime(expires);
  if (typeof expiresMs !== "number") return expiresMs;
  return { network, account, amount, id, expiresMs };
}

/** Reads what {@link claimText} wrote, and nothing that merely resembles it. */
export function readClaim(text: string): ClaimOrder | Fault {
  const values = fields(text, TITLES.claim, ["network", "account", "deposit", "to", "expires"]);
  if ("fault" in values) return values;
  const [network, account, deposit, to, expires] = values.values;
  if (!isSubjectToken(to)) return { fault: `to: ${quoted(to)} is not an account` };
  const expiresMs = readTime(expires);
  if (typeof expiresMs !== "number") return expiresMs;
  return { network, account, deposit, to, expiresMs };
}

/** What makes a well-formed text unusable here and now; undefined: nothing. */
export function faultOfOrder(
  order: { readonly network: string; readonly expiresMs: number },
  network: string,
  nowMs: number,
): string | undefined {
  if (order.network !== network) return `network: it is for ${quoted(order.network)}, this is ${network}`;
  if (order.expiresMs <= nowMs) return `expires: it lapsed at ${new Date(order.expiresMs).toISOString()}`;
  if (order.expiresMs > nowMs + LIFETIME_MS_MAX) return "expires: more than 24 hours ahead";
  return undefined;
}

function readAmount(text: string): MicroLlama | Fault {
  if (!/^[1-9][0-9]{0,18}$/.test(text))
    return { fault: `amount: ${quoted(text)} is not a positive whole number of µLLAMA` };
  const amount = BigInt(text);
  if (amount > TOTAL_SUPPLY) return { fault: `amount: ${text} µLLAMA is more than there is` };
  return microLlama(amount);
}
