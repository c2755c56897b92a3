/**
 * Names of ledger accounts: `<kind>:<owner>`, e.g. `wallet:acct_7`. The kind decides the rules the database keeps for
 * the account (see migrations/0001-accounts.ts); the owner is a subject token.
 */
const KINDS = ["wallet", "earnings", "stake", "pool", "suspense", "escrow", "external", "supply"] as const;

export type AccountKind = (typeof KINDS)[number];
export type AccountCode = `${AccountKind}:${string}`;

/** Longest owner that an account, and longest business id that a transfer may have. */
export const ID_LENGTH_MAX = 128;

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

/** What a worker earned and has not yet vested. */
export function earningsOf(workerId: string): AccountCode {
  return `earnings:${workerId}`;
}

/** True for a well-formed code from the wire; says nothing about whether the account exists. */
export function isAccountCode(text: string): text is AccountCode {
  return CODE.test(text);
}
