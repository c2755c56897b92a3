import { FlockError } from "@flock/errors";
import { type AskedRights, covers, endOf, type KeyRights, keyRightsOf } from "../keys/key-rights.js";
import type { RequestContext } from "../request-context.js";
import type { KeyChange, StoredKey } from "../store/key-store.js";
import { accountOf } from "./caller.js";
import { lastDays } from "./days.js";
import type { MoneyGateway } from "./money-gateway.js";

const KEYS_MAX = 100;
const CHARGED_DAYS = 30;
const SCOPE = "manage_keys";

/** An API key as it was made; it is shown this once. */
export interface MadeKey {
  readonly keyId: string;
  readonly apiKey: string;
  readonly account: string;
  readonly rights: KeyRights;
}

/** An API key of the account. Each call makes one. A key that makes another one gives it nothing that it has not. */
export async function makeKey(
  { keys, clock }: MoneyGateway,
  context: RequestContext,
  asked: { readonly label: string; readonly rights: AskedRights },
): Promise<MadeKey> {
  const account = accountOf(context, SCOPE);
  const rights = keyRightsOf(asked.rights, clock.unixMs());
  requireCovered(context, rights);
  const made = await keys.create({ accountId: account, label: asked.label, rights }, KEYS_MAX);
  return { ...made, account, rights };
}

/** A key, and what its requests cost on the last thirty days, today included. */
export interface ListedKey extends StoredKey {
  readonly charge30DaysMicro: bigint;
}

/** The account's keys, those that work first. */
export async function listKeys(
  { keys, usage, clock }: MoneyGateway,
  context: RequestContext,
): Promise<readonly ListedKey[]> {
  const accountId = accountOf(context, SCOPE);
  const days = lastDays(CHARGED_DAYS, clock.unixMs());
  const [found, used] = await Promise.all([
    keys.list(accountId),
    usage.usage({ accountId, ...days, by: ["key"], rowsMax: Number.MAX_SAFE_INTEGER }),
  ]);
  const charges = new Map(used.map(({ keyId, chargeMicro }) => [keyId, chargeMicro]));
  return found.map((key) => ({ ...key, charge30DaysMicro: charges.get(key.keyId) ?? 0n }));
}

/** Gives a key of the account another label or another end, everywhere within a second. */
export async function changeKey(
  { keys, clock }: MoneyGateway,
  context: RequestContext,
  id: string,
  change: KeyChange,
): Promise<void> {
  const account = accountOf(context, SCOPE);
  const expiresUnixMs = endOf(change.expiresUnixMs ?? undefined, clock.unixMs());
  const { rights } = await keyOf(keys, context, id);
  if (change.expiresUnixMs !== undefined) requireCovered(context, { ...rights, expiresUnixMs });
  if (!(await keys.change(id, change, account))) throw noKey(id);
}

/** Ends a key of the account, everywhere within a second. Again is no error. */
export async function endKey({ keys }: MoneyGateway, context: RequestContext, id: string): Promise<void> {
  await keyOf(keys, context, id);
  if (!(await keys.revoke(id, accountOf(context, SCOPE)))) throw noKey(id);
}

/** The account's key, if whoever asks may do with it what he likes. */
async function keyOf(keys: MoneyGateway["keys"], context: RequestContext, id: string): Promise<StoredKey> {
  const key = await keys.ofAccount(id, accountOf(context, SCOPE));
  if (key === undefined) throw noKey(id);
  requireCovered(context, key.rights);
  return key;
}

/** A key has a say about such keys alone as can do no more than itself. */
function requireCovered({ identity }: RequestContext, rights: KeyRights): void {
  if (identity === undefined || !("rights" in identity) || covers(identity.rights, rights)) return;
  throw new FlockError(
    "permission_denied",
    "this API key may only manage keys that can do no more than itself: its scopes, models and end",
  );
}

function noKey(id: string): FlockError {
  return new FlockError("not_found", `the account has no key ${id}`);
}
