import { FlockError } from "@flock/errors";
import { type CallOptions, call, type Mesh } from "@flock/mesh";
import { formatLlama, type MicroLlama, microFromJson, microLlama, ZERO } from "@flock/money";
import { PROTOCOL_VERSION, type ServiceMethod } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";

const TIMEOUT_MS = 5_000;

/** Where a network's LLAMA is; `none`: in the ledger alone, as on a laptop, and there is no treasury. */
export const CHAINS = ["solana", "none"] as const;
export type Chain = (typeof CHAINS)[number];

/** What a ledger account holds. */
export interface Balance {
  /** Without what is held or reserved: what it can spend. */
  readonly available: MicroLlama;
  /** Held for running jobs, or reserved for payouts. */
  readonly held: MicroLlama;
  /** What of it is held for running jobs. */
  readonly heldByJobs: MicroLlama;
  readonly posted: MicroLlama;
}

/** Calls to the other services, for clients: what they are told when a service is away names no subjects. */
export class MeshServices {
  readonly #mesh: Mesh;
  readonly chain: Chain;

  constructor(mesh: Mesh, chain: Chain) {
    this.#mesh = mesh;
    this.chain = chain;
  }

  /**
   * Throws what the service threw, a refusal for want of money with all amounts; `unavailable` when it cannot be
   * reached or does not answer in time; `failed_precondition` when it is a treasury that this network does not have.
   */
  async ask<Request extends { version: number }, Reply extends { version: number }>(
    method: ServiceMethod<Request, Reply>,
    request: Omit<Request, "version">,
    options: CallOptions = {},
  ): Promise<Reply> {
    if (this.chain === "none" && method.service === "treasury") throw withoutChain();
    try {
      // CAST: a request is its fields and the version.
      const versioned = { version: PROTOCOL_VERSION, ...request } as Request;
      return await call(this.#mesh, method, versioned, { timeoutMs: TIMEOUT_MS, ...options });
    } catch (thrown) {
      const error = FlockError.from(thrown);
      if (error.code === "insufficient_funds") throw withAmounts(error);
      const isAway = error.code === "unavailable" || error.code === "deadline_exceeded";
      // What a service itself refuses with comes without a cause, and is told as it is, without details that are ours.
      if (!isAway || error.cause === undefined)
        throw new FlockError(error.code, error.message, { retry: error.retry, cause: error });
      const message = `the ${method.service} cannot be reached at the moment, please try again`;
      throw new FlockError("unavailable", message, { cause: error });
    }
  }

  /** What a ledger account holds; one that never received anything holds nothing. */
  async balance(ledgerAccount: string, options: CallOptions = {}): Promise<Balance> {
    const found = await this.ask(LEDGER.balance, { ledgerAccount }, options);
    return {
      available: microLlama(found.availableMicro),
      held: microLlama(found.heldMicro),
      heldByJobs: microLlama(found.heldByJobsMicro ?? 0n),
      posted: microLlama(found.postedMicro),
    };
  }
}

/** To come back later would not help: a network has a chain from its beginning, or never. */
function withoutChain(): FlockError {
  return new FlockError(
    "failed_precondition",
    "this network runs without a chain: it has no deposits, withdrawals, claims, unstakes or proofs of reserves",
  );
}

/**
 * The ledger's refusal for want of money, saying exactly what is missing and what running requests hold, in its message
 * and in its details. One that comes without amounts stays as it is.
 */
export function withAmounts(refusal: FlockError, before = "", after = ""): FlockError {
  const { neededMicro, availableMicro, heldMicro } = refusal.details;
  if (neededMicro === undefined || availableMicro === undefined) return refusal;
  const needed = microFromJson(neededMicro);
  const available = microFromJson(availableMicro);
  const missing = microLlama(needed > available ? needed - available : 0n);
  const held = heldMicro === undefined ? ZERO : microFromJson(heldMicro);
  const [first, second, third, fourth] = [needed, available, missing, held].map(formatLlama);
  const facts = `${first} LLAMA are needed, ${second} are available, ${third} are missing`;
  const holding = held > 0n ? `, ${fourth} LLAMA of yours are held by running requests` : "";
  const details = { neededMicro: needed, availableMicro: available, missingMicro: missing };
  return new FlockError("insufficient_funds", `${before}${facts}${holding}${after}`, {
    cause: refusal,
    details: held > 0n ? { ...details, heldMicro: held } : details,
  });
}
