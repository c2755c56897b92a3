import { type Database, databaseError } from "@flock/database";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import type { LedgerSchema } from "../store/schema.js";
import { readTotals } from "../store/totals.js";

/** `svc.ledger.totals` */
export function totalsMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.totals, async () => {
    const { totals, chainPosition, chainHash } = await readTotals(db).catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
    return { version: PROTOCOL_VERSION, totals, chainPosition, chainHash };
  });
}
