import { setTimeout as delay } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import type { Identity } from "@flock/keys";
import type { MicroLlama } from "@flock/money";
import { claimText, unstakeText, withdrawalText } from "@flock/orders";
import { z } from "zod";
import type { Call } from "../command.js";
import type { ApiClient } from "./api-client.js";
import { signatureOver } from "./session.js";

/** A signed text lies about for so long at most. */
const LIFETIME_MS = 10 * 60_000;
const ATTEMPTS = 5;
const RETRY_MS = 500;

const network = z.object({ genesis_hash: z.string().nullable() });

/** What a wallet signs a text for. The treasury reads withdrawals and claims, the api unstakes. */
export type SignedRequest =
  | {
      readonly title: "withdrawal";
      readonly facts: { readonly id: string; readonly amount: MicroLlama; readonly to: string };
    }
  | { readonly title: "unstake"; readonly facts: { readonly id: string; readonly amount: MicroLlama } }
  | { readonly title: "claim"; readonly facts: { readonly deposit: string; readonly to: string } };

const PATHS = { withdrawal: "/withdrawals", unstake: "/unstakes", claim: "/claims" } as const;

/** A new text of the wallet for this network. Those that move an amount have an id, so that they are done once. */
function requestText(request: SignedRequest, account: string, genesisHash: string, nowMs: number): string {
  const common = { network: genesisHash, account, expiresMs: nowMs + LIFETIME_MS };
  switch (request.title) {
    case "withdrawal":
      return withdrawalText({ ...common, ...request.facts });
    case "unstake":
      return unstakeText({ ...common, ...request.facts });
    case "claim":
      return claimText({ ...common, ...request.facts });
  }
}

/** What a wallet has agreed to, or would have. */
export type HandedIn<T> = { readonly done: T } | { readonly done: undefined; readonly text: string };

/**
 * Has a request agreed to, signs it and hands it in. When no answer comes, the same text is handed in again, which has
 * no second effect.
 * @param what for people: `withdraw 2 LLAMA`
 * @returns the text alone if it was only to be shown
 * @throws FlockError `failed_precondition` where there is no chain; what it was refused with; when nobody answered at
 *   all, one that says that it may have arrived.
 */
export async function handIn<Schema extends z.ZodType>(
  { report }: Pick<Call, "report">,
  { api, wallet }: { readonly api: ApiClient; readonly wallet: Identity },
  { what, ...request }: SignedRequest & { readonly what: string },
  schema: Schema,
): Promise<HandedIn<z.output<Schema>>> {
  const { genesis_hash: genesisHash } = await api.get("/network", network);
  if (genesisHash === null)
    throw new FlockError(
      "failed_precondition",
      `this network runs without a chain: there is no ${request.title}`,
    );
  const text = requestText(request, wallet.id, genesisHash, Date.now());
  const id = "id" in request.facts ? { id: request.facts.id } : {};
  if (!(await report.agreed({ what, text, ...id }))) return { done: undefined, text };
  report.state = `the ${request.title} was signed, and may have arrived: look before you repeat it`;
  const body = { text, signature: signatureOver(wallet, text) };
  const done = await report.during("handing it in", () => persistently(api, request.title, body, schema));
  return { done };
}

async function persistently<Schema extends z.ZodType>(
  api: ApiClient,
  title: SignedRequest["title"],
  body: { readonly text: string; readonly signature: string },
  schema: Schema,
): Promise<z.output<Schema>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await api.post(PATHS[title], body, schema);
    } catch (thrown) {
      const error = FlockError.from(thrown);
      if (error.code !== "unavailable") throw error;
      if (attempt === ATTEMPTS)
        throw new FlockError(
          "unavailable",
          `${error.message}; the ${title} may have arrived all the same: look before you repeat it`,
          { cause: error },
        );
      await delay(RETRY_MS);
    }
  }
}
