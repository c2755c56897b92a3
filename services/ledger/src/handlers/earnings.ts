import { type Database, databaseError } from "@flock/database";
import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import type { OperationRunner } from "../operation-runner.js";
import { readDayEarnings } from "../store/day-earnings.js";
import type { LedgerSchema } from "../store/schema.js";
import { conflicting, insufficientFunds } from "./refusals.js";
import { checkedAmount, checkedId, checkedInteger } from "./request-checks.js";

const DAYS_DEFAULT = 7;
const DAYS_MAX = 31;
const DAY = /^[0-9]{4}-[01][0-9]-[0-3][0-9]$/;

/** `svc.ledger.collect` */
export function collectMethod(operations: OperationRunner): ServedMethod {
  return method(LEDGER.collect, async (request, { deadlineUnixMs }) => {
    const requestId = checkedId("request_id", request.requestId);
    const workerId = checkedId("worker_id", request.workerId);
    const amount = checkedAmount("amount", request.amountMicro, 1n);
    const collect = { kind: "collect", requestId, workerId, amount } as const;
    const outcome = await operations.run(collect, deadlineUnixMs - Date.now());
    switch (outcome.kind) {
      case "collected": {
        const { vested: vestedMicro, available: availableMicro } = outcome;
        return { version: PROTOCOL_VERSION, vestedMicro, availableMicro };
      }
      case "insufficient_funds":
        throw insufficientFunds(amount, outcome.available);
      case "conflict":
        throw conflicting("collection", requestId);
    }
  });
}

/** `svc.ledger.earnings`. The cursor is the last day of the page before. */
export function earningsMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.earnings, async (request) => {
    const workerId = checkedId("worker_id", request.workerId);
    const days = checkedInteger("days", request.days, 0, DAYS_MAX) || DAYS_DEFAULT;
    const before = request.cursor === "" ? undefined : checkedDay(request.cursor);
    const found = await readDayEarnings(db, workerId, days + 1, before).catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
    const dates = [...new Set(found.map((row) => row.day))];
    const page = found.filter((row) => dates.indexOf(row.day) < days);
    return {
      version: PROTOCOL_VERSION,
      earnings: page.map((row) => ({
        day: row.day,
        model: row.model,
        jobs: row.jobs,
        promptTokens: row.prompt_tokens,
        completionTokens: row.completion_tokens,
        shareMicro: row.share,
        clawedBackMicro: row.clawed_back,
      })),
      nextCursor: dates.length > days ? (page.at(-1)?.day ?? "") : "",
    };
  });
}

function checkedDay(cursor: string): string {
  if (!DAY.test(cursor) || Number.isNaN(Date.parse(cursor)))
    throw new FlockError("invalid_argument", "cursor is not one of ours");
  return cursor;
}
