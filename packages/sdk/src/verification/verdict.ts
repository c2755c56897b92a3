/**
 * What came of checking something. `verified`: it was proven here, and `facts` is what was. `refuted`: it is not true,
 * or not what it claims to be. `unavailable`: it could not be checked here, which says nothing for it.
 */
export type Verdict<Facts> =
  | { readonly verdict: "verified"; readonly facts: Facts }
  | { readonly verdict: "refuted" | "unavailable"; readonly why: string };

/** Why something is not proven. */
export type NotProven = Extract<Verdict<never>, { readonly why: string }>;

export function verified<Facts>(facts: Facts): Verdict<Facts> {
  return { verdict: "verified", facts };
}

export function refuted(why: string): NotProven {
  return { verdict: "refuted", why };
}

/** Browsers have WebCrypto on https and on localhost alone, and older ones have it without Ed25519. */
export const NO_ED25519: NotProven = {
  verdict: "unavailable",
  why: "nothing here can check an Ed25519 signature",
};
