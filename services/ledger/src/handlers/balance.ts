import { type Database, databaseError } from "@flock/database";
import { LEDGER_METHODS, method, type ServedMethod } from "@flock/mesh";
import { ZERO } from "@flock/money";
import { PROTOCOL_VERSION } from "@flock/proto";
import { readBalance } from "../store/balance.js";
import type { LedgerSchema } from "../store/schema.js";
import { checkedAccount } from "./request-checks.js";

/** `svc.ledger.balance`. An account is opened by its first transfer: one that does not exist yet has nothing in it. */
export function balanceMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER_METHODS.balance, async (request) => {
    const nothing = { posted: ZERO, held: ZERO, available: ZERO };
    const found = await readBalance(db, checkedAccount(request.ledgerAccount)).catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
    const balance = found ?? nothing;
    return {
      version: PROTOCOL_VERSION,
      postedMicro: balance.posted,
      heldMicro: balance.held,
      availableMicro: balance.available,
    };
  });
}
