import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { type AskedRights, type KeyRights, MODELS_MAX, SCOPES } from "../../keys/key-rights.js";
import { changeKey as change, endKey, listKeys as list, makeKey } from "../account-keys.js";
import { amountMicro, label, labelText, moment, text, uuid } from "../money-fields.js";
import type { MoneyGateway } from "../money-gateway.js";
import { answering, bodyOf, isoOf, pathOf } from "./json-route.js";

const MODEL_LENGTH_MAX = 256;
const count = z.number("must be a number");

const keyBody = z.object({
  label,
  scopes: z.array(text(64), "must be a list of scopes").max(SCOPES.length).optional(),
  models: z.array(text(MODEL_LENGTH_MAX), "must be a list of models").max(MODELS_MAX).optional(),
  expires_at: moment.nullish(),
  budget_day_micro: amountMicro.nullish(),
  budget_month_micro: amountMicro.nullish(),
  requests_per_minute: count.nullish(),
  tokens_per_minute: count.nullish(),
  streams_max: count.nullish(),
});
const changeBody = z.object({ label: labelText.optional(), expires_at: moment.nullish() });
const keyPath = z.object({ id: uuid });

/** POST /flock/v1/keys: an API key of the account. Each call makes one; it is shown this once. */
export function createKey(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const given = await bodyOf(request, keyBody);
    const asked = { label: given.label, rights: rightsAsked(given) };
    const { keyId, apiKey, account, rights } = await makeKey(gateway, request.requestContext, asked);
    return { id: keyId, api_key: apiKey, account, label: given.label, ...rightsView(rights) };
  });
}

/** GET /flock/v1/keys: the account's keys, those that work first, without the keys themselves. */
export function listKeys(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async ({ requestContext }) => {
    const found = await list(gateway, requestContext);
    return {
      keys: found.map((key) => ({
        id: key.keyId,
        label: key.label,
        ...rightsView(key.rights),
        created_at: isoOf(key.createdUnixMs),
        revoked_at: isoOf(key.revokedUnixMs ?? 0),
      })),
    };
  });
}

/** PATCH /flock/v1/keys/:id: another label, or another end (null: none). What is not named stays. */
export function changeKey(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { id } = pathOf(request, keyPath);
    const { label: newLabel, expires_at: expiresUnixMs } = await bodyOf(request, changeBody);
    await change(gateway, request.requestContext, id, { label: newLabel, expiresUnixMs });
    return { id, changed: true };
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

function rightsAsked({ scopes, models, ...given }: z.output<typeof keyBody>): AskedRights {
  return {
    scopes,
    models,
    expiresUnixMs: given.expires_at ?? undefined,
    limits: {
      budgetDayMicro: given.budget_day_micro ?? undefined,
      budgetMonthMicro: given.budget_month_micro ?? undefined,
      requestsPerMinute: given.requests_per_minute ?? undefined,
      tokensPerMinute: given.tokens_per_minute ?? undefined,
      streamsMax: given.streams_max ?? undefined,
    },
  };
}

function rightsView({ scopes, models, expiresUnixMs, limits }: KeyRights) {
  return {
    scopes,
    models: models ?? null,
    expires_at: isoOf(expiresUnixMs ?? 0),
    budget_day_micro: limits.budgetDayMicro ?? null,
    budget_month_micro: limits.budgetMonthMicro ?? null,
    requests_per_minute: limits.requestsPerMinute ?? null,
    tokens_per_minute: limits.tokensPerMinute ?? null,
    streams_max: limits.streamsMax ?? null,
  };
}
