import type { Account, Flock, StatementAccount, Transfer } from "@flockollamas/sdk";
import { ask } from "../../data/client.js";

export interface StatementPage {
  readonly transfers: readonly Transfer[];
  readonly nextCursor: string | null;
  readonly owner: string;
  /** Of the first page: the balance after its first line; `null`: it moved while the page was read. */
  readonly postedMicro: bigint | null;
}

const ATTEMPTS = 3;

/**
 * A part of the statement. The balance is read before and after the first one: only if it is the same both times it
 * belongs to those lines.
 */
export function readStatement(
  which: StatementAccount,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
  signal: AbortSignal,
): Promise<StatementPage> {
  return ask(async (flock) => {
    const read = () => pageOf(flock, which, cursor, limit, signal);
    let before = await flock.account.get({ signal });
    if (cursor !== null) return { ...(await read()), owner: before.account, postedMicro: null };
    for (let attempt = 1; ; attempt += 1) {
      const page = await read();
      const after = await flock.account.get({ signal });
      const isSame = postedOf(before, which) === postedOf(after, which);
      if (isSame || attempt === ATTEMPTS)
        return { ...page, owner: after.account, postedMicro: isSame ? postedOf(after, which) : null };
      before = after;
    }
  });
}

async function pageOf(
  flock: Flock,
  account: StatementAccount,
  cursor: string | null,
  limit: number,
  signal: AbortSignal,
) {
  const pages = flock.statement.list({ account });
  const { rows, nextCursor } = await pages.page({ cursor: cursor ?? undefined, limit }, { signal });
  return { transfers: rows, nextCursor };
}

function postedOf(account: Account, which: StatementAccount): bigint {
  switch (which) {
    case "wallet":
      return account.wallet.postedMicro;
    case "vested":
      return account.vested.postedMicro;
    case "stake":
      return account.stakeMicro;
    case "cooling":
      return account.cooling.totalMicro;
    case "earnings":
      return account.earningsMicro;
  }
}
