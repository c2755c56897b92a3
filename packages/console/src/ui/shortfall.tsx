import { ApiError } from "../data/api-error.js";
import { formatAmount, microOf } from "../format/amount.js";

/** What an error of 402 says in figures: needed, there, missing, and what running requests still hold. */
export function Shortfall({ error }: { readonly error: unknown }) {
  if (!(error instanceof ApiError) || error.code !== "insufficient_funds") return null;
  const { details } = error;
  const parts = [
    { micro: amountIn(details, "needed"), words: "needed" },
    { micro: amountIn(details, "available"), words: "there" },
    { micro: amountIn(details, "missing"), words: "missing" },
    {
      micro: amountIn(details, "held"),
      words: "held by running requests, which give back what they do not cost",
    },
  ].flatMap(({ micro, words }) => (micro === null ? [] : [`${formatAmount(micro)} ${words}`]));
  return parts.length === 0 ? null : <p>{parts.join(" · ")}.</p>;
}

/** As the client library reads it, or as it stands on the wire. */
function amountIn(details: ApiError["details"], name: string): bigint | null {
  const read = details[`${name}Micro`];
  return typeof read === "bigint" ? read : microOf(details[`${name}_micro`]);
}
