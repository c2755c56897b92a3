import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API } from "@flock/proto/keys";
import { type KeyStore, LABEL_LENGTH_MAX } from "../store/key-store.js";

const ACCOUNT_ID = /^[A-Za-z0-9_-]{1,64}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Service calls `svc.api.create-key`, `revoke-key` and `list-keys`. */
export function keyCalls(store: KeyStore): readonly ServedMethod[] {
  return [
    method(API.createKey, async ({ accountId, label }) => {
      requireAccountId(accountId);
      if ([...label].length > LABEL_LENGTH_MAX || label.includes("\0"))
        throw new FlockError("invalid_argument", `a label has at most ${LABEL_LENGTH_MAX} characters`);
      return { version: PROTOCOL_VERSION, ...(await store.create(accountId, label)) };
    }),
    method(API.revokeKey, async ({ keyId }) => {
      if (!UUID.test(keyId) || !(await store.revoke(keyId)))
        throw new FlockError("not_found", `there is no API key '${keyId.slice(0, 64)}'`);
      return { version: PROTOCOL_VERSION };
    }),
    method(API.listKeys, async ({ accountId }) => {
      requireAccountId(accountId);
      const keys = await store.list(accountId);
      return {
        version: PROTOCOL_VERSION,
        keys: keys.map(({ revokedUnixMs = 0, ...key }) => ({ ...key, revokedUnixMs })),
      };
    }),
  ];
}

function requireAccountId(accountId: string): void {
  if (!ACCOUNT_ID.test(accountId)) {
    throw new FlockError(
      "invalid_argument",
      `'${accountId.slice(0, 64)}' is not an account id: 1 to 64 of A-Z a-z 0-9 _ -`,
    );
  }
}
