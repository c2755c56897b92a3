import type { KeyRights } from "@flockollamas/sdk";
import { formatAmount } from "../../format/amount.js";
import { counted, formatCount } from "../../format/count.js";
import { formatUtc } from "../../format/time.js";

const SCOPES: Readonly<Record<string, string>> = {
  inference: "ask models",
  read_account: "see the account",
  manage_keys: "make and revoke keys",
};

export const SCOPE_WORDS = Object.entries(SCOPES);

/** What a key may do, and what bounds it, each in a few words; nothing of it is worth a column. */
export function rightsWords(rights: KeyRights): readonly string[] {
  const { scopes, models, expiresAt, budgetDayMicro, budgetMonthMicro } = rights;
  const { requestsPerMinute, tokensPerMinute, streamsMax } = rights;
  return [
    `may ${scopes.map((scope) => SCOPES[scope] ?? "do something that this page does not know").join(", ")}`,
    models === null
      ? null
      : models.length <= 3
        ? `only ${models.join(", ")}`
        : `only ${models.length} models`,
    budgetDayMicro === null ? null : `${formatAmount(budgetDayMicro)} a day`,
    budgetMonthMicro === null ? null : `${formatAmount(budgetMonthMicro)} a month`,
    requestsPerMinute === null ? null : `${counted(requestsPerMinute, "request")} a minute`,
    tokensPerMinute === null ? null : `${formatCount(tokensPerMinute)} tokens a minute`,
    streamsMax === null ? null : `${formatCount(streamsMax)} at once`,
    expiresAt === null ? null : `until ${formatUtc(Date.parse(expiresAt))}`,
  ].filter((words) => words !== null);
}
