import { FlockError } from "@flock/errors";
import { call, delay, LEDGER_METHODS, type Mesh } from "@flock/mesh";
import type { MicroLlama } from "@flock/money";
import { PROTOCOL_VERSION } from "@flock/proto";
import { insufficientFunds, MeshServices } from "../mesh-services.js";
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
   * Resolves to the completion tokens that the reserved amount pays for. Throws `insufficient_funds` if the account has
   * too little, `unavailable` if the ledger cannot be reached.
   */
  hold(order: HoldOrder): Promise<{ completionTokensMax: number }>;
}

const ATTEMPT_TIMEOUT_MS = 2_000;
/** A ledger that restarts is back within this time; a client waits that long rather than being told to try again. */
const GIVE_UP_AFTER_MS = 6_000;
const RETRY_DELAY_MS = 100;

/** Holds at the ledger service. Idempotent by job id, so a call without an answer is simply repeated. */
export class LedgerHolds implements Holds {
  readonly #mesh: Mesh;
  readonly #services: MeshServices;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#services = new MeshServices(mesh);
  }

  async hold(order: HoldOrder): Promise<{ completionTokensMax: number }> {
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
        const { grantedMicro } = await call(this.#mesh, LEDGER_METHODS.hold, request, {
          timeoutMs: ATTEMPT_TIMEOUT_MS,
          traceparent: order.traceparent,
        });
        return { completionTokensMax: affordableTokens(order.prices, order.bounds, grantedMicro) };
      } catch (thrown) {
        const error = FlockError.from(thrown);
        const mayPass = error.code === "unavailable" || error.code === "deadline_exceeded";
        if (!mayPass || performance.now() > giveUpAtMs) throw await this.#refusal(error, min, order);
        await delay(RETRY_DELAY_MS);
      }
    }
  }

  /** What the client is told: what is missing, or that it is no fault of its own. */
  async #refusal(cause: FlockError, needed: MicroLlama, order: HoldOrder): Promise<FlockError> {
    switch (cause.code) {
      case "insufficient_funds":
      case "not_found": // An account that never received anything has no wallet yet.
        return insufficientFunds(needed, await this.#available(order), {
          before: "insufficient balance: at least ",
          after: "; top up to continue",
          cause,
        });
      case "unavailable":
      case "deadline_exceeded":
        return new FlockError("unavailable", "the ledger cannot be reached, please try again", { cause });
      default:
        return new FlockError("internal", "the ledger refused a hold", { cause });
    }
  }

  /** What the wallet can spend. Asked for only after a refusal, which comes without the amounts as such. */
  async #available({ accountId, traceparent }: HoldOrder): Promise<MicroLlama> {
    const options = { timeoutMs: ATTEMPT_TIMEOUT_MS, traceparent };
    return (await this.#services.balance(`wallet:${accountId}`, options)).available;
  }
}
