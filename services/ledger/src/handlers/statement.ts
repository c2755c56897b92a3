import { type Database, databaseError } from "@flock/database";
import { checkedCursor, checkedLimit, method, pageOf, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import { transferMessage } from "../store/recorded-transfer.js";
import type { LedgerSchema } from "../store/schema.js";
import { readStatement } from "../store/statement.js";
import { checkedAccount } from "./request-checks.js";

/** `svc.ledger.statement`. The cursor is the sequence number of the last transfer on the page before. */
export function statementMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.statement, async (request) => {
    const account = checkedAccount(request.ledgerAccount);
    const limit = checkedLimit(request.limit);
    const before = checkedCursor(request.cursor);
    const found = await readStatement(db, account, limit + 1, before).catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
    const { items, nextCursor } = pageOf(found ?? [], limit, ({ seq }) => seq);
    return { version: PROTOCOL_VERSION, transfers: items.map(transferMessage), nextCursor };
  });
}
