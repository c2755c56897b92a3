import { type Database, databaseError } from "@flock/database";
import { FlockError } from "@flock/errors";
import { checkedCursor, checkedLimit, method, pageOf, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER, EpochState as WireState } from "@flock/proto/ledger";
import { epochMessage, epochStateFrom } from "../epoch-message.js";
import { type EpochRecord, readEpoch, readEpochs, setAnchored } from "../store/epochs.js";
import type { LedgerSchema } from "../store/schema.js";
import { readStatementPortion } from "../store/statement-portions.js";
import { checkedInteger, checkedSignature } from "./request-checks.js";

/** `svc.ledger.epochs`. The cursor is one above the last number of the page before: 0 cannot be one. */
export function epochsMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.epochs, async (request) => {
    const limit = checkedLimit(request.limit);
    const cursor = checkedCursor(request.cursor);
    const before = cursor === undefined ? undefined : cursor - 1n;
    const state = request.state === WireState.UNSPECIFIED ? undefined : epochStateFrom(request.state);
    const found = await readEpochs(db.pool, limit + 1, before, state);
    const { items, nextCursor } = pageOf(found, limit, (last) => last.number + 1n);
    return { version: PROTOCOL_VERSION, epochs: items.map(epochMessage), nextCursor };
  });
}

/** `svc.ledger.epoch` */
export function epochMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.epoch, async (request) => ({
    version: PROTOCOL_VERSION,
    epoch: epochMessage(await findEpoch(db, request.epoch)),
  }));
}

/** `svc.ledger.epoch-statement`. The cursor is the number of the next portion. */
export function epochStatementMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.epochStatement, async (request) => {
    const epoch = await closedEpoch(db, request.epoch);
    const portion = Number(checkedCursor(request.cursor) ?? 0n);
    const found = await readStatementPortion(db.pool, epoch.number, portion).catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
    if (found === undefined) throw new FlockError("invalid_argument", "cursor is not one of ours");
    return {
      version: PROTOCOL_VERSION,
      lines: found.lines,
      nextCursor: found.isLast ? "" : String(portion + 1),
    };
  });
}

/** `svc.ledger.epoch-anchored` */
export function epochAnchoredMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.epochAnchored, async (request) => {
    const epoch = await closedEpoch(db, request.epoch);
    const signature = checkedSignature(request.signature);
    if (epoch.root === undefined || !epoch.root.equals(request.root))
      throw new FlockError("invalid_argument", `epoch ${epoch.number} has another root`);
    const isNew = epoch.state === "closed" && (await setAnchored(db.pool, epoch.number, signature));
    const { anchorSignature } = isNew ? { anchorSignature: signature } : await closedEpoch(db, request.epoch);
    if (anchorSignature !== signature)
      throw new FlockError("already_exists", `epoch ${epoch.number} is anchored by ${anchorSignature}`);
    return { version: PROTOCOL_VERSION };
  });
}

async function findEpoch(db: Database<LedgerSchema>, number: number): Promise<EpochRecord> {
  const checked = BigInt(checkedInteger("epoch", number, 0, Number.MAX_SAFE_INTEGER));
  const epoch = await readEpoch(db.pool, checked).catch((thrown: unknown) => {
    throw databaseError(thrown);
  });
  if (epoch === undefined) throw new FlockError("not_found", `there is no epoch ${number}`);
  return epoch;
}

async function closedEpoch(db: Database<LedgerSchema>, number: number): Promise<EpochRecord> {
  const epoch = await findEpoch(db, number);
  if (epoch.root === undefined)
    throw new FlockError("failed_precondition", `epoch ${number} is ${epoch.state}, not closed`);
  return epoch;
}
