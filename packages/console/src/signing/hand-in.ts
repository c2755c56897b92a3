import type { SignedText } from "@flockollamas/sdk";
import { ApiError } from "../data/api-error.js";
import { refreshOwn } from "../data/asked.js";
import { askOpenly } from "../data/client.js";
import { forgetUnanswered, keepUnanswered, type Purpose, type Unanswered } from "./unanswered.js";

const HAND_INS: Readonly<Record<Purpose, (signed: SignedText) => Promise<unknown>>> = {
  withdrawal: (signed) => askOpenly((flock) => flock.withdrawals.create(signed)),
  unstake: (signed) => askOpenly((flock) => flock.stakes.unstake(signed)),
  claim: (signed) => askOpenly((flock) => flock.deposits.claim(signed)),
};

export type HandedIn =
  | { readonly kind: "taken" }
  /** The network does not do it, and says why. Nothing has moved. */
  | { readonly kind: "refused"; readonly error: ApiError }
  /** It may be done or not; the same text again finds out, and does it once. */
  | { readonly kind: "unanswered"; readonly error: ApiError };

/** Hands in what a wallet signed. It is kept from before until an answer comes, so that a reload loses nothing. */
export async function handIn(signed: Unanswered): Promise<HandedIn> {
  keepUnanswered(signed);
  try {
    await HAND_INS[signed.purpose](signed);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.isPassing || error.code === "unknown") return { kind: "unanswered", error };
    forgetUnanswered(signed);
    return { kind: "refused", error };
  }
  forgetUnanswered(signed);
  void refreshOwn();
  return { kind: "taken" };
}
