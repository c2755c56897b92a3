import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY } from "@flock/proto/treasury";
import { unfinishedPayouts } from "../store/payouts.js";
import { liftStop, raiseStop, stopsInForce } from "../store/stops.js";
import type { Treasury } from "../treasury.js";
import { checkedText, payoutState, stopMessage } from "./wire.js";

/** `svc.treasury.status`, `pause`, `lift`: what operators do. All of it stays on record. */
export function operatorMethods(treasury: Treasury): ServedMethod[] {
  const { db, endpoints, signer, accounts, logger } = treasury;
  const status = method(TREASURY.status, async () => {
    const [stops, payouts, lamports] = await Promise.all([
      stopsInForce(db.kysely),
      unfinishedPayouts(db.kysely),
      endpoints.any((chain) => chain.lamports()),
    ]);
    return {
      version: PROTOCOL_VERSION,
      stops: stops.map(stopMessage),
      payouts: payouts.map(({ state, count, sum }) => ({
        state: payoutState(state),
        count,
        sumMicro: sum,
      })),
      lamports,
      address: signer.address,
      tokenAccount: accounts.tokenAccount,
    };
  });
  const pause = method(TREASURY.pause, async ({ operator, reason }) => {
    const by = checkedText("operator", operator);
    const why = checkedText("reason", reason);
    await raiseStop(db.kysely, { kind: "pause", subject: "operator", reason: why, by });
    const stop = (await stopsInForce(db.kysely)).find(({ kind }) => kind === "pause");
    if (stop === undefined) throw new FlockError("aborted", "the pause was lifted at the same moment");
    logger.warn({ operator: by, reason: why }, "payouts are paused");
    return { version: PROTOCOL_VERSION, stop: stopMessage(stop) };
  });
  const lift = method(TREASURY.lift, async ({ stopId, operator, note }) => {
    const by = checkedText("operator", operator);
    const found = checkedText("note", note);
    if (!Number.isSafeInteger(stopId) || !(await liftStop(db, BigInt(stopId), by, found)))
      throw new FlockError("not_found", `there is no stop ${stopId}`);
    logger.warn({ stopId, operator: by, note: found }, "a stop of payouts was lifted");
    return { version: PROTOCOL_VERSION };
  });
  return [status, pause, lift];
}
