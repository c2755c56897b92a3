import { type Database, databaseError } from "@flock/database";
import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import type { OperationRunner } from "../operation-runner.js";
import { type EarningsPlace, readDayEarnings } from "../store/day-earnings.js";
import { readEarningsTotals } from "../store/earnings-totals.js";
import type { LedgerSchema } from "../store/schema.js";
import { conflicting, insufficientFunds } from "./refusals.js";
import { checkedAmount, checkedId, checkedInteger } from "./request-checks.js";

const DAYS_DEFAULT = 7;
const DAYS_MAX = 31;
/** A row is some 150 bytes, and 700 where the name of its model is as long as may be. */
const ROWS_MAX = 500;
const DAY = /^[0-9]{4}-[01][0-9]-[0-3][0-9]$/;
const CURSOR = /^([0-9-]{10})(?:\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{1,128}))?$/;
const CURSOR_LENGTH_MAX = 4_096;

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

/** `svc.ledger.earnings` */
export function earningsMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.earnings, async (request) => {
    const workerId = checkedId("worker_id", request.workerId);
    const asked = {
      workerId,
      doneBy: request.doneBy === "" ? undefined : checkedId("done_by", request.doneBy),
      from: request.fromDay === "" ? undefined : checkedDay("from_day", request.fromDay),
      to: request.toDay === "" ? undefined : checkedDay("to_day", request.toDay),
      after: placeOf(request.cursor),
      daysMax: checkedInteger("days", request.days, 0, DAYS_MAX) || DAYS_DEFAULT,
      rowsMax: ROWS_MAX,
    };
    const { rows, end } = await readDayEarnings(db, asked).catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
    return {
      version: PROTOCOL_VERSION,
      earnings: rows.map((row) => ({
        day: row.day,
        model: row.model,
        jobs: row.jobs,
        promptTokens: row.prompt_tokens,
        completionTokens: row.completion_tokens,
        shareMicro: row.share,
        clawedBackMicro: row.clawed_back,
        doneBy: row.done_by,
      })),
      nextCursor: cursorOf(end),
    };
  });
}

/** `svc.ledger.earnings-totals`. Who never earned anything has all zeros. */
export function earningsTotalsMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.earningsTotals, async (request) => {
    const workerId = checkedId("worker_id", request.workerId);
    const { totals, vesting } = await readEarningsTotals(db, workerId).catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
    return {
      version: PROTOCOL_VERSION,
      earnedMicro: totals.earned,
      emissionMicro: totals.emission,
      clawedBackMicro: totals.clawedBack,
      vestingMicro: totals.vesting,
      vestedMicro: totals.vested,
      collectedMicro: totals.collected,
      paidMicro: totals.paid,
      vesting: vesting.map(({ epoch, amount, vests_ms }) => ({
        epoch: Number(epoch),
        amountMicro: amount,
        vestsUnixMs: Number(vests_ms),
      })),
    };
  });
}

/** A day that is told to its end; or the day, the model and the worker of the last row that is told of it. */
function cursorOf(end: EarningsPlace | undefined): string {
  if (end?.model === undefined) return end?.day ?? "";
  return [end.day, Buffer.from(end.model).toString("base64url"), end.done_by].join(".");
}

function placeOf(cursor: string): EarningsPlace | undefined {
  if (cursor === "") return undefined;
  const [, day = "", model, done_by] = CURSOR.exec(cursor) ?? [];
  const name = model === undefined ? undefined : Buffer.from(model, "base64url").toString();
  if (!isDay(day) || cursor.length > CURSOR_LENGTH_MAX || name?.includes("\0") === true)
    throw new FlockError("invalid_argument", "cursor is not one of ours");
  return { day, model: name, done_by };
}

function checkedDay(name: string, value: string): string {
  if (!isDay(value)) throw new FlockError("invalid_argument", `${name} must be a day such as 2026-11-22`);
  return value;
}

function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(text));
}
