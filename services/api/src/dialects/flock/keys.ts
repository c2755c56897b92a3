import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import {
  flag,
  integer,
  list,
  oneOf,
  orNull,
  type Properties,
  string,
  told,
} from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { type AskedRights, type KeyRights, MODELS_MAX, SCOPES } from "../../keys/key-rights.js";
import { changeKey as change, endKey, listKeys as keysOf, makeKey } from "../../money/account-keys.js";
import { amountMicro, label, labelText, moment, text, uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { amount, moment as momentSchema, parametersOf, schemaOf } from "./described.js";
import { bodyOf, isoOf, jsonRoute, pathOf, taggedJsonRoute } from "./json-route.js";

const MODEL_LENGTH_MAX = 256;
const count = z.number("must be a number");

const keyBody = z.object({
  label,
  // Checked where all fronts have it checked.
  scopes: z
    .array(text(64).meta({ enum: [...SCOPES] }), "must be a list of scopes")
    .max(SCOPES.length)
    .optional(),
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
  return jsonRoute(async (request) => {
    const given = await bodyOf(request, keyBody);
    const asked = { label: given.label, rights: rightsAsked(given) };
    const { keyId, apiKey, account, rights } = await makeKey(gateway, request.requestContext, asked);
    return { id: keyId, api_key: apiKey, account, label: given.label, ...rightsView(rights) };
  });
}

/** GET /flock/v1/keys: the account's keys, those that work first, without the keys themselves. */
export function listKeys(gateway: MoneyGateway): RouteHandlerMethod {
  return taggedJsonRoute(async ({ requestContext }) => {
    const found = await keysOf(gateway, requestContext);
    return {
      keys: found.map((key) => ({
        id: key.keyId,
        label: key.label,
        ...rightsView(key.rights),
        created_at: isoOf(key.createdUnixMs),
        revoked_at: isoOf(key.revokedUnixMs ?? 0),
        prefix: key.prefix ?? null,
        last_used_at: isoOf(key.lastUsedUnixMs ?? 0),
        charge_30_days_micro: key.charge30DaysMicro,
      })),
    };
  });
}

/** PATCH /flock/v1/keys/:id: another label, or another end (null: none). What is not named stays. */
export function changeKey(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { id } = pathOf(request, keyPath);
    const { label: newLabel, expires_at: expiresUnixMs } = await bodyOf(request, changeBody);
    await change(gateway, request.requestContext, id, { label: newLabel, expiresUnixMs });
    return { id, changed: true };
  });
}

/** DELETE /flock/v1/keys/:id: ends a key of the account, everywhere within a second. Again is no error. */
export function revokeKey(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
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

const RIGHTS: Properties = {
  scopes: list(oneOf(SCOPES, "What the key may do."), "At least one."),
  models: orNull(list({ type: "string" }, "The only models that it may use.")),
  expires_at: orNull(momentSchema("From then on it is refused.")),
  budget_day_micro: orNull(amount("What it may spend in a day.")),
  budget_month_micro: orNull(amount("What it may spend in a month.")),
  requests_per_minute: orNull(integer("What it may begin in a minute.")),
  tokens_per_minute: orNull(integer("Tokens of prompts and answers in a minute.")),
  streams_max: orNull(integer("Its requests that may run at once.")),
};
const LABEL = string("A text of the owner's.");

export const CREATE_KEY: Operation = {
  id: "flockCreateKey",
  summary: "Make an API key of the account",
  description: "The key is shown this once. Each call makes one.",
  body: {
    schema: schemaOf(keyBody),
    example: { label: "ci", scopes: ["inference"], budget_day_micro: "1500000", requests_per_minute: 60 },
    isOptional: true,
  },
  answers: answering(
    told({
      id: string("A UUID."),
      api_key: string("`flk_…`"),
      account: string("Whose it is."),
      label: LABEL,
      ...RIGHTS,
    }),
    "The key.",
  ),
  errors: ["failed_precondition"],
};

export const LIST_KEYS: Operation = {
  id: "flockListKeys",
  summary: "The account's API keys",
  isCached: true,
  answers: answering(
    told({
      keys: list(
        told({
          id: string("A UUID."),
          label: LABEL,
          ...RIGHTS,
          created_at: orNull(momentSchema("When it was made.")),
          revoked_at: orNull(momentSchema("When it was revoked.")),
          prefix: orNull(string("How the key begins, such as `flk_AbCd`; null: it is an old one.")),
          last_used_at: orNull(momentSchema("Within a minute; null: never, as far as is known.")),
          charge_30_days_micro: amount("What its requests cost on the last 30 days (UTC), today included."),
        }),
        "Those that work first; without the keys themselves.",
      ),
    }),
    "The keys.",
  ),
};

export const CHANGE_KEY: Operation = {
  id: "flockChangeKey",
  summary: "Give a key another label, or another end",
  path: parametersOf(keyPath),
  body: { schema: schemaOf(changeBody), example: { label: "ci", expires_at: null } },
  answers: answering(told({ id: string("A UUID."), changed: flag("Always true.") })),
  errors: ["not_found"],
};

export const REVOKE_KEY: Operation = {
  id: "flockRevokeKey",
  summary: "End a key, everywhere within a second",
  path: parametersOf(keyPath),
  answers: answering(told({ id: string("A UUID."), revoked: flag("Always true.") })),
  errors: ["not_found"],
};
