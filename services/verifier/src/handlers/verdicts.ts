import { FlockError } from "@flock/errors";
import { checkedCursor, method, pageOf, type ServedMethod } from "@flock/mesh";
import { isSubjectToken, PROTOCOL_VERSION } from "@flock/proto";
import { VERIFIER, type VerdictSummary } from "@flock/proto/verifier";
import { findVerdict, listVerdicts, movedBy, rule, type VerdictRow } from "../store/verdicts.js";
import type { Verifier } from "../verifier.js";
import { summaryOf } from "./wire.js";

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 200;
const REASON_LENGTH_MAX = 500;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Verdicts, for everybody to read and for operators to rule on. */
export function verdictMethods(verifier: Verifier): readonly ServedMethod[] {
  const { db, clock, logger } = verifier;
  return [
    method(VERIFIER.verdicts, async ({ workerId, cursor, limit: asked }) => {
      if (workerId !== "" && !isSubjectToken(workerId))
        throw new FlockError("invalid_argument", "worker_id is none");
      if (asked > LIMIT_MAX) throw new FlockError("invalid_argument", `limit must be 1 to ${LIMIT_MAX}`);
      const limit = asked || LIMIT_DEFAULT;
      const found = await listVerdicts(db.kysely, {
        workerId,
        before: checkedCursor(cursor),
        limit: limit + 1,
      });
      const { items, nextCursor } = pageOf(found, limit, ({ seq }) => seq);
      const moved = await movedBy(
        db.kysely,
        items.map(({ verdict_id }) => verdict_id),
      );
      const verdicts = items.map((row) => summaryOf(row, moved.get(row.verdict_id)));
      return { version: PROTOCOL_VERSION, verdicts, cursor: nextCursor };
    }),
    method(VERIFIER.verdict, async ({ verdictId }) => {
      const row = await existing(verifier, verdictId);
      return { version: PROTOCOL_VERSION, summary: await summarised(verifier, row), bundle: row.bundle };
    }),
    method(VERIFIER.rule, async ({ verdictId, isUpheld, reason }) => {
      const text = reason.trim();
      if (text === "" || text.length > REASON_LENGTH_MAX || text.includes("\0"))
        throw new FlockError("invalid_argument", `reason must have 1 to ${REASON_LENGTH_MAX} characters`);
      await existing(verifier, verdictId);
      await rule(db.kysely, { verdictId, isUpheld, reason: text, unixMs: clock.unixMs() });
      logger.warn({ verdictId, isUpheld }, "a verdict was ruled on");
      const row = await existing(verifier, verdictId);
      return { version: PROTOCOL_VERSION, summary: await summarised(verifier, row) };
    }),
  ];
}

async function existing({ db }: Verifier, verdictId: string): Promise<VerdictRow> {
  const row = UUID.test(verdictId) ? await findVerdict(db.kysely, verdictId) : undefined;
  if (row === undefined) throw new FlockError("not_found", "there is no such verdict");
  return row;
}

async function summarised({ db }: Verifier, row: VerdictRow): Promise<VerdictSummary> {
  return summaryOf(row, (await movedBy(db.kysely, [row.verdict_id])).get(row.verdict_id));
}
