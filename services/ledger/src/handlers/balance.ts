import { type Database, databaseError } from "@flock/database";
import { method, type ServedMethod } from "@flock/mesh";
import { minMicro, ZERO } from "@flock/money";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import type { AccountCode } from "../domain/account-code.js";
import { readBalance } from "../store/balance.js";
import { readHeldByJobs } from "../store/held-by-jobs.js";
import type { LedgerSchema } from "../store/schema.js";
import { checkedAccount } from "./request-checks.js";

/** `svc.ledger.balance`. An account is opened by its first transfer: one that does not exist yet has nothing in it. */
export function balanceMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.balance, async (request) => {
    const balance = await readAll(db, checkedAccount(request.ledgerAccount)).catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
    return {
      version: PROTOCOL_VERSION,
      postedMicro: balance.posted,
      heldMicro: balance.held,
      availableMicro: balance.available,
      heldByJobsMicro: balance.heldByJobs > 0n ? balance.heldByJobs : undefined,
    };
  });
}

async function readAll(db: Database<LedgerSchema>, account: AccountCode) {
  const balance = await readBalance(db, account);
  if (balance === undefined) return { posted: ZERO, held: ZERO, available: ZERO, heldByJobs: ZERO };
  if (balance.held === 0n) return { ...balance, heldByJobs: ZERO };
  // Read a moment later: a part of what was held, whatever was held since.
  return { ...balance, heldByJobs: minMicro(balance.held, await readHeldByJobs(db, account)) };
}
