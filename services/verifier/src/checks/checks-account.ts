import { FlockError } from "@flock/errors";
import type { Hold, Payer } from "@flock/jobs";
import { type Clock, call, type Mesh } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { LEDGER } from "@flock/proto/ledger";
import type { VerifierMetrics } from "../metrics.js";
import { CHECKS_ACCOUNT } from "../verifier.js";

const TEMPLATE_TOKENS = 64;
const HOLD_GRACE_MS = 60_000;
/** No run is begun for so long after there was too little money for one. */
const EMPTY_FOR_MS = 30_000;

/** The account that pays for the verifier's own runs. Its operator fills it (`flock admin ledger fund`). */
export class ChecksAccount {
  readonly #mesh: Mesh;
  readonly #metrics: VerifierMetrics;
  readonly #clock: Pick<Clock, "nowMs">;
  #emptyUntilMs = Number.NEGATIVE_INFINITY;

  constructor(mesh: Mesh, metrics: VerifierMetrics, clock: Pick<Clock, "nowMs">) {
    this.#mesh = mesh;
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /** Whether a run was refused for want of money lately. */
  isEmpty(nowMs: number): boolean {
    return nowMs < this.#emptyUntilMs;
  }

  /** Pays for one token behind a prompt of at most so many bytes. */
  payerOf(run: {
    readonly jobId: string;
    readonly entry: CatalogueEntry;
    readonly promptBytes: number;
    readonly timeoutMs: number;
  }): Payer {
    const { promptPriceMicro, completionPriceMicro, contextLength } = run.entry;
    if (promptPriceMicro === 0n && completionPriceMicro === 0n) return { kind: "nobody" };
    const bytes = run.promptBytes + TEMPLATE_TOKENS;
    const tokens = contextLength > 0 ? Math.min(bytes, contextLength) : bytes;
    const amount = BigInt(tokens) * promptPriceMicro + completionPriceMicro;
    const hold: Hold = async () => {
      const request = {
        version: PROTOCOL_VERSION,
        jobId: run.jobId,
        accountId: CHECKS_ACCOUNT,
        amountMaxMicro: amount,
        amountMinMicro: amount,
        timeoutMs: run.timeoutMs + HOLD_GRACE_MS,
      };
      try {
        const { grantedMicro } = await call(this.#mesh, LEDGER.hold, request, { timeoutMs: 5_000 });
        return { completionTokensMax: 1, heldMicro: grantedMicro };
      } catch (thrown) {
        const error = FlockError.from(thrown);
        if (error.code === "insufficient_funds") this.#noteEmpty();
        throw error;
      }
    };
    return { kind: "pool", accountId: CHECKS_ACCOUNT, hold };
  }

  #noteEmpty(): void {
    this.#metrics.outOfMoney();
    const nowMs = this.#clock.nowMs();
    if (!this.isEmpty(nowMs))
      this.#mesh.logger.error(
        { account: `wallet:${CHECKS_ACCOUNT}` },
        "the account of checks is empty: nothing is checked until it is funded",
      );
    this.#emptyUntilMs = nowMs + EMPTY_FOR_MS;
  }
}
