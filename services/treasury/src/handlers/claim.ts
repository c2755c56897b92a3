import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { faultOfOrder, isSignedBy, readClaim } from "@flock/orders";
import { PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY } from "@flock/proto/treasury";
import { faultOfOwner } from "../deposits/owners.js";
import { advanceMovement, type MovementRecord, readMovementRecord } from "../store/movements.js";
import type { Treasury } from "../treasury.js";
import { depositMessage, invalid } from "./wire.js";

/**
 * `svc.treasury.claim`. Only the wallet that a suspended deposit came from can say whose it is. The ledger decides
 * between two claims of the same deposit: the first one stands.
 */
export function claimMethod(treasury: Treasury): ServedMethod {
  const { db, ledger, network, clock, logger } = treasury;
  return method(TREASURY.claim, async ({ text, signature }) => {
    const message = readClaim(text);
    if ("fault" in message) throw invalid(message.fault);
    if (!isSignedBy(message.account, text, signature))
      throw new FlockError(
        "unauthenticated",
        `the signature is not that of ${message.account} under this text`,
      );
    const deposit = await readMovementRecord(db.kysely, message.deposit);
    if (deposit?.kind !== "deposit")
      throw new FlockError("not_found", "there is no such deposit, or it is not finalized yet");
    if (deposit.sender !== message.account)
      throw new FlockError("permission_denied", `the deposit did not come from ${message.account}`);
    if (deposit.state === "claimed" && deposit.accountId === message.to) return replyTo(deposit);
    const fault = faultOfOrder(message, network, clock.unixMs());
    if (fault !== undefined) throw invalid(fault);
    if (deposit.state === "seen") throw new FlockError("unavailable", "the deposit is being booked");
    if (deposit.state !== "suspended")
      throw new FlockError(
        "failed_precondition",
        `the deposit is credited to ${deposit.accountId}, not in suspense`,
      );
    const nobody = await faultOfOwner(treasury, message.to, [message.account]);
    if (nobody !== undefined) throw invalid(`to: ${nobody}`);
    await ledger.claimDeposit(message.deposit, message.to);
    await advanceMovement(db.kysely, message.deposit, "suspended", "claimed", message.to);
    logger.info({ signature: message.deposit, accountId: message.to }, "a deposit was claimed");
    return replyTo((await readMovementRecord(db.kysely, message.deposit)) ?? deposit);
  });
}

function replyTo(deposit: MovementRecord) {
  return { version: PROTOCOL_VERSION, deposit: depositMessage(deposit) };
}
