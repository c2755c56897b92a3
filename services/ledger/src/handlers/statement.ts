import { LEDGER_METHODS } from "@flock/calls";
import { type Database, databaseError } from "@flock/database";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { transferMessage } from "../store/recorded-transfer.js";
import type { LedgerSchema } from "../store/schema.js";
import { readStatement } from "../store/statement.js";
import { checkedAccount, checkedCursor, checkedLimit } from "./request-checks.js";

/** `svc.ledger.statement`. The cursor is the sequence number of the last transfer on the page before. */
export function statementMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER_METHODS.statement, async (request) => {
    const account = checkedAccount(request.ledgerAccount);
    const limit = checkedLimit(request.limit);
    const before = checkedCursor(request.cursor);
    // One more than asked for tells whether there is a next page.
    const found = await readStatement(db, account, limit + 1, before).catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
    const page = (found ?? []).slice(0, limit);
    const hasMore = (found ?? []).length > limit;
    return {
      version: PROTOCOL_VERSION,
      transfers: page.map(transferMessage),
      nextCursor: hasMore ? String(page.at(-1)?.seq ?? "") : "",
    };
  });
}
