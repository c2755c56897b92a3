import { FlockError } from "@flock/errors";
import { checkedCursor, checkedLimit, method, pageOf, type ServedMethod } from "@flock/mesh";
import { isSubjectToken, PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY } from "@flock/proto/treasury";
import { faultOfOwner } from "../deposits/owners.js";
import { type Assignment, assignedAccounts, readAssignment, recordAssignment } from "../store/assignments.js";
import { advanceMovement, readMovementRecord, readSuspense } from "../store/movements.js";
import type { Treasury } from "../treasury.js";
import { assignmentMessage, checkedText, depositMessage, invalid } from "./wire.js";

/** `svc.treasury.suspense`, `assign`: what operators do about deposits that nobody can claim. It stays on record. */
export function suspenseMethods(treasury: Treasury): ServedMethod[] {
  const { db } = treasury;
  const suspense = method(TREASURY.suspense, async (request) => {
    const limit = checkedLimit(request.limit);
    const before = checkedCursor(request.cursor);
    const found = await readSuspense(db.kysely, limit + 1, before);
    const { items, nextCursor } = pageOf(found, limit, ({ seq }) => seq);
    return { version: PROTOCOL_VERSION, deposits: items.map(depositMessage), nextCursor };
  });
  const assign = method(TREASURY.assign, async ({ signature, accountId, operator, reason }) => {
    if (!isSubjectToken(accountId)) throw invalid("account_id must be 1 to 128 of A-Z a-z 0-9 _ -");
    const order = {
      signature,
      accountId,
      operator: checkedText("operator", operator),
      reason: checkedText("reason", reason),
    };
    const found = isSubjectToken(signature) ? await readMovementRecord(db.kysely, signature) : undefined;
    if (found?.kind !== "deposit")
      throw new FlockError("not_found", "there is no such deposit, or it is not finalized yet");
    if (found.state === "seen") throw new FlockError("unavailable", "the deposit is being booked");
    if (found.state === "suspended") {
      const nobody = await faultOfOwner(treasury, accountId, found.sender === "" ? [] : [found.sender]);
      if (nobody !== undefined) throw invalid(`account_id: ${nobody}`);
      await carryOut(treasury, order);
    }
    const deposit = (await readMovementRecord(db.kysely, signature)) ?? found;
    const assignment = await readAssignment(db.kysely, signature, accountId);
    if (deposit.accountId !== accountId || assignment === undefined)
      throw new FlockError(
        "failed_precondition",
        `the deposit is credited to ${deposit.accountId}, not in suspense`,
      );
    return {
      version: PROTOCOL_VERSION,
      deposit: depositMessage(deposit),
      assignment: assignmentMessage(assignment),
    };
  });
  return [suspense, assign];
}

/**
 * First the decision is put on record, then the ledger books it, then the deposit is noted as claimed. Each step can be
 * repeated, so a crash between any two of them is mended by assigning again. The ledger decides between this and a
 * claim of the sender: the first one stands.
 */
async function carryOut(treasury: Treasury, order: Omit<Assignment, "assignedAt">): Promise<void> {
  const { db, ledger, logger } = treasury;
  const { signature, accountId, operator, reason } = order;
  await recordAssignment(db.kysely, order);
  try {
    await ledger.claimDeposit(signature, accountId);
  } catch (error) {
    if (!(error instanceof FlockError) || error.code !== "already_exists") throw error;
    return await refuseOvertaken(treasury, order);
  }
  if (await advanceMovement(db.kysely, signature, "suspended", "claimed", accountId))
    logger.warn({ signature, accountId, operator, reason }, "a deposit in suspense was assigned");
}

/** Returns if it is on record by now to whom the ledger gave the deposit; else the caller is told who has to repeat. */
async function refuseOvertaken(
  { db }: Treasury,
  { signature, accountId }: Pick<Assignment, "signature" | "accountId">,
): Promise<void> {
  if ((await readMovementRecord(db.kysely, signature))?.state !== "suspended") return;
  const others = (await assignedAccounts(db.kysely, signature)).filter((other) => other !== accountId);
  const whoever = ["its sender's claim", ...others.map((other) => `the assignment to ${other}`)].join(" or ");
  throw new FlockError(
    "failed_precondition",
    `the ledger has credited the deposit to another account, and the answer was lost: ${whoever} has to be repeated`,
  );
}
