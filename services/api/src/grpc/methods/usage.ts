import { AccountDefinition, UsageGroup as UsageGroupMessage } from "@flock/proto/public";
import { z } from "zod";
import { accountUsage } from "../../money/account-usage.js";
import { uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import type { UsageGroup } from "../../store/usage-store.js";
import { type GrpcMethod, unary } from "../grpc-method.js";
import { choices, optionalDay, orEmpty, read } from "./request-fields.js";

const GROUPS: ReadonlyMap<UsageGroupMessage, UsageGroup> = new Map([
  [UsageGroupMessage.DAY, "day"],
  [UsageGroupMessage.MODEL, "model"],
  [UsageGroupMessage.KEY, "key"],
]);

const usageRequest = z.object({
  fromDay: optionalDay,
  toDay: optionalDay,
  by: choices(GROUPS),
  keyId: orEmpty(uuid),
});

/** The call of `Account` that tells what its keys have used. */
export function usageMethod(gateway: MoneyGateway): GrpcMethod {
  const { getUsage } = AccountDefinition.methods;
  return unary(AccountDefinition, getUsage, { access: { takes: "either" } }, async (request, { context }) => {
    const { fromDay: from, toDay: to, by, keyId } = read(request, usageRequest);
    const found = await accountUsage(gateway, context, { from, to, by, keyId });
    return {
      account: found.account,
      fromDay: found.from,
      toDay: found.to,
      usage: found.rows.map(({ day = "", model = "", keyId = "", ...sums }) => ({
        ...sums,
        day,
        model,
        keyId,
      })),
      isCut: found.isCut,
    };
  });
}
