import { method, type ServedMethod } from "@flock/mesh";
import { isSubjectToken, PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY } from "@flock/proto/treasury";
import { readDeposits } from "../store/movements.js";
import type { Treasury } from "../treasury.js";
import { checkedPage, depositMessage, invalid, pageOf } from "./wire.js";

/** `svc.treasury.deposits` */
export function depositsMethod({ db }: Treasury): ServedMethod {
  return method(TREASURY.deposits, async (request) => {
    const { accountId, sender } = request;
    if (!isSubjectToken(accountId === "" ? sender : accountId))
      throw invalid("account_id or sender must be given");
    const { limit, before } = checkedPage(request);
    const whose = accountId === "" ? { sender } : { accountId };
    const { items, nextCursor } = pageOf(await readDeposits(db.kysely, whose, limit + 1, before), limit);
    return { version: PROTOCOL_VERSION, deposits: items.map(depositMessage), nextCursor };
  });
}
