import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { endKey, makeKey } from "../account-keys.js";
import { accountOf } from "../caller.js";
import { label, uuid } from "../money-fields.js";
import type { MoneyGateway } from "../money-gateway.js";
import { answering, bodyOf, isoOf, pathOf } from "./json-route.js";

const keyBody = z.object({ label });
const keyPath = z.object({ id: uuid });

/**
 * POST /flock/v1/keys: an API key of the account for the chat endpoints. Each call makes one; it is shown this once.
 */
export function createKey(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const given = await bodyOf(request, keyBody);
    const { keyId, apiKey, account } = await makeKey(gateway, request.requestContext, given.label);
    return { id: keyId, api_key: apiKey, account, label: given.label };
  });
}

/** GET /flock/v1/keys: the account's keys, those that work first, without the keys themselves. */
export function listKeys({ keys }: MoneyGateway): RouteHandlerMethod {
  return answering(async ({ requestContext }) => {
    const found = await keys.list(accountOf(requestContext));
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
export function revokeKey(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { id } = pathOf(request, keyPath);
    await endKey(gateway, request.requestContext, id);
    return { id, revoked: true };
  });
}
