import { FlockError } from "@flock/errors";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { accountOf, answering, bodyOf, isoOf, pathOf } from "./json-route.js";
import { label, uuid } from "./money-fields.js";
import type { MoneyGateway } from "./money-gateway.js";

const KEYS_MAX = 100;

const keyBody = z.object({ label });
const keyPath = z.object({ id: uuid });

/**
 * POST /flock/v1/keys: an API key of the account for the chat endpoints. Each call makes one; it is shown this once.
 */
export function createKey({ keys }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const given = await bodyOf(request, keyBody);
    const owner = accountOf(request);
    const { keyId, apiKey } = await keys.create(owner, given.label, KEYS_MAX);
    return { id: keyId, api_key: apiKey, account: owner, label: given.label };
  });
}

/** GET /flock/v1/keys: the account's keys, those that work first, without the keys themselves. */
export function listKeys({ keys }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const found = await keys.list(accountOf(request));
    return {
      keys: found.map((key) => ({
        id: key.keyId,
        label: key.label,
        created_at: isoOf(key.createdUnixMs),
        revoked_at: isoOf(key.revokedUnixMs ?? 0),
      })),
    };
  });
}

/** DELETE /flock/v1/keys/:id: ends a key of the account, everywhere within a second. Again is no error. */
export function revokeKey({ keys }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { id } = pathOf(request, keyPath);
    if (!(await keys.revoke(id, accountOf(request))))
      throw new FlockError("not_found", `the account has no key ${id}`);
    return { id, revoked: true };
  });
}
