import { FlockError } from "@flock/errors";
import type { RequestContext } from "../request-context.js";
import { accountOf } from "./caller.js";
import type { MoneyGateway } from "./money-gateway.js";

const KEYS_MAX = 100;

/** An API key of the account. Each call makes one; it is shown this once. */
export async function makeKey(
  { keys }: MoneyGateway,
  context: RequestContext,
  label: string,
): Promise<{ readonly keyId: string; readonly apiKey: string; readonly account: string }> {
  const account = accountOf(context);
  return { ...(await keys.create(account, label, KEYS_MAX)), account };
}

/** Ends a key of the account, everywhere within a second. Again is no error. */
export async function endKey({ keys }: MoneyGateway, context: RequestContext, id: string): Promise<void> {
  if (!(await keys.revoke(id, accountOf(context))))
    throw new FlockError("not_found", `the account has no key ${id}`);
}
