import { FlockError } from "@flock/errors";
import type { HoldGrant } from "@flock/jobs";
import { call, delay, type Mesh } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import { withAmounts } from "../mesh-services.js";
import { affordableTokens, amounts, type Prices, type TokenBounds } from "./cost.js";

export interface HoldOrder {
  readonly jobId: string;
  readonly accountId: string;
  readonly traceparent: string;
  readonly prices: Prices;
  readonly bounds: TokenBounds;
  readonly timeoutMs: number;
}

/** Reserves the money of jobs. A port, so that tests of everything else need no ledger. */
export interface Holds {
  /**
   * Resolves to the reserved amount, and the completion tokens that it pays for. Throws `insufficient_funds` if the
   * account has too little, `unavailable` if the ledger cannot be reached.
   */
  hold(order: HoldOrder): Promise<HoldGrant>;
}

const ATTEMPT_TIMEOUT_MS = 2_000;
/** A ledger that restarts is back within this time; a client waits that long rather than being told to try again. */
const GIVE_UP_AFTER_MS = 6_000;
const RETRY_DELAY_MS = 100;

/** Holds at the ledger service. Idempotent by job id, so a call without an answer is simply repeated. */
export class LedgerHolds implements Holds {
  readonly #mesh: Mesh;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  async hold(order: HoldOrder): Promise<HoldGrant> {
    const { max, min } = amounts(order.prices, order.bounds);
    const request = {
      version: PROTOCOL_VERSION,
      jobId: order.jobId,
      accountId: order.accountId,
      amountMaxMicro: max,
      amountMinMicro: min,
      timeoutMs: order.timeoutMs,
    };
    const giveUpAtMs = performance.now() + GIVE_UP_AFTER_MS;
    for (;;) {
      try {
        const { grantedMicro } = await call(this.#mesh, LEDGER.hold, request, {
          timeoutMs: ATTEMPT_TIMEOUT_MS,
          traceparent: order.traceparent,
        });
        const completionTokensMax = affordableTokens(order.prices, order.bounds, grantedMicro);
        return { completionTokensMax, heldMicro: grantedMicro };
      } catch (thrown) {
        const error = FlockError.from(thrown);
        const mayPass = error.code === "unavailable" || error.code === "deadline_exceeded";
        if (!mayPass || performance.now() > giveUpAtMs) throw refusal(error);
        await delay(RETRY_DELAY_MS);
      }
    }
  }
}

/** What the client is told: what is missing, or that it is no fault of its own. */
function refusal(cause: FlockError): FlockError {
  switch (cause.code) {
    case "insufficient_funds":
      return withAmounts(cause, "insufficient balance: at least ", "; top up to continue");
    case "unavailable":
    case "deadline_exceeded":
      return new FlockError("unavailable", "the ledger cannot be reached, please try again", { cause });
    default:
      return new FlockError("internal", "the ledger refused a hold", { cause });
  }
}
