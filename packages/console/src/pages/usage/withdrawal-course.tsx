import type { Withdrawal } from "@flockollamas/sdk";
import { useEffect } from "react";
import { ApiError } from "../../data/api-error.js";
import { refreshOwn, useOwnAsked } from "../../data/asked.js";
import { Badge } from "../../ui/badge.js";
import { Failed, Loading } from "../../ui/states.js";
import { Steps } from "./steps.js";

const STEPS = ["requested", "reserved", "on its way", "paid", "booked"];
const AT: Partial<Record<Withdrawal["state"], number>> = {
  requested: 0,
  reserved: 1,
  batched: 2,
  paid: 3,
  posted: 4,
};

/** How far a withdrawal is, in words; what did not work says why, and that the amount is back. */
export function WithdrawalState({ withdrawal }: { readonly withdrawal: Withdrawal }) {
  const { state, reason } = withdrawal;
  const at = AT[state];
  if (at !== undefined) return <Steps label="The way of the withdrawal" steps={STEPS} at={at} />;
  const why = reason === "" ? "" : `: ${reason}`;
  if (state === "refused") return <Badge tone="bad">{`refused${why}; nothing was taken`}</Badge>;
  if (state === "rejected") return <Badge tone="bad">{`rejected${why}; the amount is coming back`}</Badge>;
  if (state === "voided") return <Badge tone="bad">{`not paid${why}; the amount is back`}</Badge>;
  return <Badge>in a state that this page does not know</Badge>;
}

/** The same, live, until it is final. */
export function WithdrawalCourse({ id }: { readonly id: string }) {
  const query = useOwnAsked(["withdrawal", id], (flock, signal) => flock.withdrawals.get(id, { signal }), {
    every: 2_000,
  });
  const isFinal = query.data?.isFinal === true;
  useEffect(() => {
    if (isFinal) void refreshOwn();
  }, [isFinal]);
  if (query.data !== undefined) return <WithdrawalState withdrawal={query.data} />;
  const isNotToldYet = query.error instanceof ApiError && query.error.status === 404;
  if (query.error !== null && !isNotToldYet)
    return <Failed what="Its way cannot be read" error={query.error} />;
  return <Loading what="how far the withdrawal is" lines={1} />;
}
