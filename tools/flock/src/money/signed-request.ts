import { randomUUID } from "node:crypto";
import { FlockError } from "@flock/errors";
import type { Identity } from "@flock/keys";
import { delay } from "@flock/mesh";
import type { MicroLlama } from "@flock/money";
import { claimText, unstakeText, withdrawalText } from "@flock/orders";
import { z } from "zod";
import type { ApiClient } from "./api-client.js";
import { signatureOver } from "./session.js";

/** A signed text lies about for so long at most. */
const LIFETIME_MS = 10 * 60_000;
const ATTEMPTS = 5;
const RETRY_MS = 500;

const network = z.object({ genesis_hash: z.string().nullable() });

/** What a wallet signs a text for. The treasury reads withdrawals and claims, the api unstakes. */
export type SignedRequest =
  | { readonly title: "withdrawal"; readonly facts: { readonly amount: MicroLlama; readonly to: string } }
  | { readonly title: "unstake"; readonly facts: { readonly amount: MicroLlama } }
  | { readonly title: "claim"; readonly facts: { readonly deposit: string; readonly to: string } };

const PATHS = { withdrawal: "/withdrawals", unstake: "/unstakes", claim: "/claims" } as const;

/** A new text of the wallet for this network. Those that move an amount have an id, so that they are done once. */
function requestText(request: SignedRequest, account: string, genesisHash: string, nowMs: number): string {
  const common = { network: genesisHash, account, expiresMs: nowMs + LIFETIME_MS };
  switch (request.title) {
    case "withdrawal":
      return withdrawalText({ ...common, ...request.facts, id: randomUUID() });
    case "unstake":
      return unstakeText({ ...common, ...request.facts, id: randomUUID() });
    case "claim":
      return claimText({ ...common, ...request.facts });
  }
}

/**
 * Signs a request and hands it in. When no answer comes, the same text is handed in again, which has no second effect.
 * @throws FlockError `failed_precondition` where there is no chain; what it was refused with; when nobody answered at
 *   all, one that says that it may have arrived.
 */
export async function handIn<Schema extends z.ZodType>(
  api: ApiClient,
  wallet: Identity,
  request: SignedRequest,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { genesis_hash: genesisHash } = await api.get("/network", network);
  if (genesisHash === null)
    throw new FlockError(
      "failed_precondition",
      `this network runs without a chain: there is no ${request.title}`,
    );
  const text = requestText(request, wallet.id, genesisHash, Date.now());
  const body = { text, signature: signatureOver(wallet, text) };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await api.post(PATHS[request.title], body, schema);
    } catch (thrown) {
      const error = FlockError.from(thrown);
      if (error.code !== "unavailable") throw error;
      if (attempt === ATTEMPTS)
        throw new FlockError(
          "unavailable",
          `${error.message}; the ${request.title} may have arrived all the same: look before you repeat it`,
          { cause: error },
        );
      await delay(RETRY_MS);
    }
  }
}
