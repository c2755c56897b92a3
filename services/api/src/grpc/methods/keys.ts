import { AccountDefinition, KeyScope, type KeyRights as RightsMessage } from "@flock/proto/public";
import { z } from "zod";
import type { AskedRights, KeyRights, Scope } from "../../keys/key-rights.js";
import { changeKey as change, endKey, listKeys as keysOf, makeKey } from "../../money/account-keys.js";
import { label, labelText, uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { type GrpcMethod, unary } from "../grpc-method.js";
import { timestampOf } from "../proto-time.js";
import { choices, moment, read } from "./request-fields.js";

const SCOPES: ReadonlyMap<KeyScope, Scope> = new Map([
  [KeyScope.INFERENCE, "inference"],
  [KeyScope.READ_ACCOUNT, "read_account"],
  [KeyScope.MANAGE_KEYS, "manage_keys"],
]);
const SCOPE_MESSAGES = new Map([...SCOPES].map(([message, scope]) => [scope, message] as const));

const rights = z.object({
  scopes: choices(SCOPES),
  models: z.array(z.string()),
  expiresAt: moment.optional(),
  budgetDayMicro: z.bigint(),
  budgetMonthMicro: z.bigint(),
  requestsPerMinute: z.number(),
  tokensPerMinute: z.number(),
  streamsMax: z.number(),
});
const createRequest = z.object({ label, rights: rights.optional() });
const changeRequest = z.object({
  id: uuid,
  label: labelText.optional(),
  end: z.object({ expiresAt: moment.optional() }).optional(),
});
const keyRequest = z.object({ id: uuid });

/** The calls of `Account` that are about API keys. */
export function keyMethods(gateway: MoneyGateway): readonly GrpcMethod[] {
  const { createKey, listKeys, changeKey, revokeKey } = AccountDefinition.methods;
  const either = { access: { takes: "either" } } as const;
  return [
    unary(AccountDefinition, createKey, either, async (request, { context }) => {
      const { label, rights } = read(request, createRequest);
      const asked = { label, rights: rights === undefined ? {} : rightsAsked(rights) };
      const made = await makeKey(gateway, context, asked);
      return { id: made.keyId, apiKey: made.apiKey, account: made.account, rights: messageOf(made.rights) };
    }),
    unary(AccountDefinition, listKeys, either, async (_request, { context }) => {
      const keys = await keysOf(gateway, context);
      return {
        keys: keys.map((key) => ({
          id: key.keyId,
          label: key.label,
          createdAt: timestampOf(key.createdUnixMs),
          revokedAt: timestampOf(key.revokedUnixMs ?? 0),
          rights: messageOf(key.rights),
          prefix: key.prefix ?? "",
          lastUsedAt: timestampOf(key.lastUsedUnixMs ?? 0),
          charge30DaysMicro: key.charge30DaysMicro,
        })),
      };
    }),
    unary(AccountDefinition, changeKey, either, async (request, { context }) => {
      const { id, label, end } = read(request, changeRequest);
      const expiresUnixMs = end === undefined ? undefined : (end.expiresAt ?? null);
      await change(gateway, context, id, { label, expiresUnixMs });
      return {};
    }),
    unary(AccountDefinition, revokeKey, either, async (request, { context }) => {
      await endKey(gateway, context, read(request, keyRequest).id);
      return {};
    }),
  ];
}

/** 0 is what is not said. */
function rightsAsked({ scopes, models, expiresAt, ...limits }: z.output<typeof rights>): AskedRights {
  return {
    scopes,
    models,
    expiresUnixMs: expiresAt,
    limits: {
      budgetDayMicro: limits.budgetDayMicro || undefined,
      budgetMonthMicro: limits.budgetMonthMicro || undefined,
      requestsPerMinute: limits.requestsPerMinute || undefined,
      tokensPerMinute: limits.tokensPerMinute || undefined,
      streamsMax: limits.streamsMax || undefined,
    },
  };
}

function messageOf({ scopes, models = [], expiresUnixMs = 0, limits }: KeyRights): RightsMessage {
  return {
    scopes: scopes.map((scope) => SCOPE_MESSAGES.get(scope) ?? KeyScope.UNSPECIFIED),
    models: [...models],
    expiresAt: timestampOf(expiresUnixMs),
    budgetDayMicro: limits.budgetDayMicro ?? 0n,
    budgetMonthMicro: limits.budgetMonthMicro ?? 0n,
    requestsPerMinute: limits.requestsPerMinute ?? 0,
    tokensPerMinute: limits.tokensPerMinute ?? 0,
    streamsMax: limits.streamsMax ?? 0,
  };
}
