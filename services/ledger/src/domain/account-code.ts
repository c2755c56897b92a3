/**
 * Names of ledger accounts: `<kind>:<owner>`, e.g. `wallet:acct_7`. The kind decides the rules the database keeps for
 * the account (see migrations/0001-first-version/accounts.ts); the owner is a subject token.
 */
const KINDS = [
  "wallet",
  "earnings",
  "vested",
  "stake",
  "cooling",
  "pool",
  "suspense",
  "escrow",
  "external",
  "supply",
] as const;

export type AccountKind = (typeof KINDS)[number];
export type AccountCode = `${AccountKind}:${string}`;

/** Longest owner that an account, and longest business id that a transfer may have. */
const ID_LENGTH_MAX = 128;

const CODE = new RegExp(`^(?:${KINDS.join("|")}):[A-Za-z0-9_-]{1,${ID_LENGTH_MAX}}$`);

/** The protocol's own accounts; all are opened at genesis. */
export const PROTOCOL_ACCOUNTS = {
  /** Everything that exists came from here; its balance is minus the total supply. */
  supply: "supply:root",
  rewards: "pool:rewards",
  liquidity: "pool:liquidity",
  dev: "pool:dev",
  fees: "pool:fees",
  slashed: "pool:slashed",
  suspense: "suspense:deposits",
  /** Other side of holds; pending amounts only, so its balance stays zero. */
  jobsEscrow: "escrow:jobs",
  /** The outside of the books: minus what the treasury holds on chain. */
  solana: "external:solana",
} as const satisfies Record<string, AccountCode>;

/** What an account may spend on jobs. */
export function walletOf(accountId: string): AccountCode {
  return `wallet:${accountId}`;
}

/** What a worker earned by jobs that can still be challenged. */
export function earningsOf(workerId: string): AccountCode {
  return `earnings:${workerId}`;
}

/** What a worker earned for good: it can be collected or paid out. */
export function vestedOf(workerId: string): AccountCode {
  return `vested:${workerId}`;
}

/** What an owner has staked. */
export function stakeOf(owner: string): AccountCode {
  return `stake:${owner}`;
}

/** What an owner has unstaked and not yet got back. */
export function coolingOf(owner: string): AccountCode {
  return `cooling:${owner}`;
}

/** The owner in an account's code. */
export function ownerOf(code: AccountCode): string {
  return code.slice(code.indexOf(":") + 1);
}

/** True for a well-formed code from the wire; says nothing about whether the account exists. */
export function isAccountCode(text: string): text is AccountCode {
  return CODE.test(text);
}
