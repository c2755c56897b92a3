import { FlockError } from "@flock/errors";
import { checkedCursor, checkedLimit, method, pageOf, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY } from "@flock/proto/treasury";
import { readPayout, readPayoutsOf } from "../store/payouts.js";
import type { Treasury } from "../treasury.js";
import { invalid, payoutMessage } from "./wire.js";

/** `svc.treasury.payouts` */
export function payoutsMethod({ db }: Treasury): ServedMethod {
  return method(TREASURY.payouts, async (request) => {
    if (request.payoutId !== "") {
      const payout = await readPayout(db.kysely, request.payoutId);
      if (payout === undefined)
        throw new FlockError(
          "not_found",
          `there is no payout ${JSON.stringify(request.payoutId.slice(0, 40))}`,
        );
      return { version: PROTOCOL_VERSION, payouts: [payoutMessage(payout)], nextCursor: "" };
    }
    if (!/^(wallet|vested):[A-Za-z0-9_-]{1,128}$/.test(request.ledgerAccount))
      throw invalid("ledger_account must be wallet:<account> or vested:<worker>");
    const limit = checkedLimit(request.limit);
    const before = checkedCursor(request.cursor);
    const found = await readPayoutsOf(db.kysely, request.ledgerAccount, limit + 1, before);
    const { items, nextCursor } = pageOf(found, limit, ({ seq }) => seq);
    return { version: PROTOCOL_VERSION, payouts: items.map(payoutMessage), nextCursor };
  });
}
