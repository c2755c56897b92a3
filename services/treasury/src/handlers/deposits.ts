import { checkedCursor, checkedLimit, method, pageOf, type ServedMethod } from "@flock/mesh";
import { isSubjectToken, PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY } from "@flock/proto/treasury";
import { readDeposits } from "../store/movements.js";
import type { Treasury } from "../treasury.js";
import { depositMessage, invalid } from "./wire.js";

/** `svc.treasury.deposits` */
export function depositsMethod({ db }: Treasury): ServedMethod {
  return method(TREASURY.deposits, async (request) => {
    const { accountId, sender } = request;
    if (!isSubjectToken(accountId === "" ? sender : accountId))
      throw invalid("account_id or sender must be given");
    const limit = checkedLimit(request.limit);
    const before = checkedCursor(request.cursor);
    const whose = accountId === "" ? { sender } : { accountId };
    const found = await readDeposits(db.kysely, whose, limit + 1, before);
    const { items, nextCursor } = pageOf(found, limit, ({ seq }) => seq);
    return { version: PROTOCOL_VERSION, deposits: items.map(depositMessage), nextCursor };
  });
}
