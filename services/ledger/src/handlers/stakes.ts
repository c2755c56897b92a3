import { type Database, databaseError } from "@flock/database";
import { checkedCursor, checkedLimit, method, pageOf, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import { walletOf } from "../domain/account-code.js";
import type { OperationRunner } from "../operation-runner.js";
import type { LedgerSchema } from "../store/schema.js";
import { readReleaseMs, readUnstakes } from "../store/unstakes.js";
import { conflicting, insufficientFunds, insufficientFundsOf } from "./refusals.js";
import { checkedAmount, checkedId } from "./request-checks.js";

/** `svc.ledger.stake` */
export function stakeMethod(operations: OperationRunner, db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.stake, async (request, { deadlineUnixMs }) => {
    const stake = { kind: "stake", ...checkedRequest(request) } as const;
    const outcome = await operations.run(stake, deadlineUnixMs - Date.now());
    switch (outcome.kind) {
      case "staked": {
        const { staked: stakedMicro, available: availableMicro } = outcome;
        return { version: PROTOCOL_VERSION, stakedMicro, availableMicro };
      }
      case "insufficient_funds":
        throw await insufficientFundsOf(db, walletOf(stake.owner), stake.amount, outcome.available);
      case "conflict":
        throw conflicting("stake", stake.requestId);
    }
  });
}

/** `svc.ledger.unstake` */
export function unstakeMethod(operations: OperationRunner, db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.unstake, async (request, { deadlineUnixMs }) => {
    const unstake = { kind: "unstake", ...checkedRequest(request) } as const;
    const outcome = await operations.run(unstake, deadlineUnixMs - Date.now());
    switch (outcome.kind) {
      case "unstaked": {
        const releaseUnixMs = (await readReleaseMs(db, unstake.requestId)) ?? 0;
        return { version: PROTOCOL_VERSION, releaseUnixMs, stakedMicro: outcome.staked };
      }
      case "insufficient_funds":
        throw insufficientFunds(unstake.amount, outcome.available);
      case "conflict":
        throw conflicting("unstake", unstake.requestId);
    }
  });
}

/** `svc.ledger.unstakes`. The cursor is the sequence number of the last transfer on the page before. */
export function unstakesMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.unstakes, async (request) => {
    const owner = checkedId("owner", request.owner);
    const limit = checkedLimit(request.limit);
    const found = await readUnstakes(db, owner, limit + 1, checkedCursor(request.cursor)).catch(
      (thrown: unknown) => {
        throw databaseError(thrown);
      },
    );
    const { items, nextCursor } = pageOf(found, limit, ({ seq }) => seq);
    return {
      version: PROTOCOL_VERSION,
      unstakes: items.map((row) => ({
        requestId: row.request_id,
        amountMicro: row.amount,
        releaseUnixMs: Number(row.release_ms),
        isReleased: row.is_released,
        releasedMicro: row.released,
      })),
      nextCursor,
    };
  });
}

function checkedRequest(request: { requestId: string; owner: string; amountMicro: bigint }) {
  return {
    requestId: checkedId("request_id", request.requestId),
    owner: checkedId("owner", request.owner),
    amount: checkedAmount("amount", request.amountMicro, 1n),
  };
}
