import { FlockError } from "@flock/errors";
import { type Clock, method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API, KeyRights as RightsMessage } from "@flock/proto/keys";
import { type AskedRights, endOf, type KeyRights, keyRightsOf } from "../keys/key-rights.js";
import { type KeyStore, LABEL_LENGTH_MAX } from "../store/key-store.js";

const ACCOUNT_ID = /^[A-Za-z0-9_-]{1,64}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Service calls `svc.api.create-key`, `change-key`, `revoke-key` and `list-keys`. */
export function keyCalls(store: KeyStore, clock: Clock): readonly ServedMethod[] {
  return [
    method(API.createKey, async ({ accountId, label, rights }) => {
      requireAccountId(accountId);
      requireLabel(label);
      const asked = rightsAskedFor(rights ?? RightsMessage.fromPartial({}));
      const key = { accountId, label, rights: keyRightsOf(asked, clock.unixMs()) };
      return { version: PROTOCOL_VERSION, ...(await store.create(key)) };
    }),
    method(API.changeKey, async ({ keyId, label, end }) => {
      if (label !== undefined) requireLabel(label);
      const isEndless = end?.expiresUnixMs === 0;
      const expiresUnixMs = isEndless ? null : endOf(end?.expiresUnixMs, clock.unixMs());
      if (!UUID.test(keyId) || !(await store.change(keyId, { label, expiresUnixMs }))) throw noKey(keyId);
      return { version: PROTOCOL_VERSION };
    }),
    method(API.revokeKey, async ({ keyId }) => {
      if (!UUID.test(keyId) || !(await store.revoke(keyId))) throw noKey(keyId);
      return { version: PROTOCOL_VERSION };
    }),
    method(API.listKeys, async ({ accountId }) => {
      requireAccountId(accountId);
      const keys = await store.list(accountId);
      return {
        version: PROTOCOL_VERSION,
        keys: keys.map(({ keyId, accountId, label, createdUnixMs, revokedUnixMs = 0, rights }) => ({
          ...{ keyId, accountId, label, createdUnixMs, revokedUnixMs },
          rights: messageOf(rights),
        })),
      };
    }),
  ];
}

/** On the wire, 0 and none are what is not said. */
function rightsAskedFor({ scopes, models, ...asked }: RightsMessage): AskedRights {
  return {
    scopes,
    models,
    expiresUnixMs: asked.expiresUnixMs || undefined,
    limits: {
      budgetDayMicro: asked.budgetDayMicro || undefined,
      budgetMonthMicro: asked.budgetMonthMicro || undefined,
      requestsPerMinute: asked.requestsPerMinute || undefined,
      tokensPerMinute: asked.tokensPerMinute || undefined,
      streamsMax: asked.streamsMax || undefined,
    },
  };
}

function messageOf({ scopes, models = [], expiresUnixMs = 0, limits }: KeyRights): RightsMessage {
  return {
    scopes: [...scopes],
    models: [...models],
    expiresUnixMs,
    budgetDayMicro: limits.budgetDayMicro ?? 0n,
    budgetMonthMicro: limits.budgetMonthMicro ?? 0n,
    requestsPerMinute: limits.requestsPerMinute ?? 0,
    tokensPerMinute: limits.tokensPerMinute ?? 0,
    streamsMax: limits.streamsMax ?? 0,
  };
}

function noKey(keyId: string): FlockError {
  return new FlockError("not_found", `there is no API key '${keyId.slice(0, 64)}'`);
}

function requireLabel(label: string): void {
  if ([...label].length > LABEL_LENGTH_MAX || label.includes("\0"))
    throw new FlockError("invalid_argument", `a label has at most ${LABEL_LENGTH_MAX} characters`);
}

function requireAccountId(accountId: string): void {
  if (!ACCOUNT_ID.test(accountId)) {
    throw new FlockError(
      "invalid_argument",
      `'${accountId.slice(0, 64)}' is not an account id: 1 to 64 of A-Z a-z 0-9 _ -`,
    );
  }
}
