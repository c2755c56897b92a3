import type { Reserves } from "@flockollamas/sdk";
import { microOf } from "../../format/amount.js";

/** What `GET /flock/v1/reserves` answers. */
export interface ReservesAnswer {
  readonly statement: string;
  readonly signature: string;
  readonly signer: string;
  readonly on_chain_micro: string;
  readonly slot: number;
  readonly in_flight_micro: string;
  readonly uncredited_micro: string;
  readonly ledger_position: string;
  readonly ledger_hash: string;
  readonly liabilities: readonly { readonly kind: string; readonly sum_micro: string }[];
}

export interface Part {
  readonly name: string;
  readonly micro: bigint;
}

/** The two sides, which are equal if every LLAMA that the ledger knows is there. */
export interface Sides {
  readonly held: readonly Part[];
  readonly owed: readonly Part[];
  /** Held less owed. */
  readonly difference: bigint;
}

/** In the words of the page, and in the order in which they are drawn. */
const OWED: readonly { readonly name: string; readonly kinds: readonly string[] }[] = [
  { name: "wallets", kinds: ["wallet", "escrow"] },
  { name: "earnings", kinds: ["earnings", "vested"] },
  { name: "stakes", kinds: ["stake", "cooling"] },
  { name: "pools", kinds: ["pool"] },
];

/** The other side of the books: the outside world, and where the supply comes from. They owe, and are not owed to. */
const OUTSIDE = ["external", "supply"];

/** `null`: an amount is none. */
export function sidesOf(answer: ReservesAnswer): Sides | null {
  const sums = new Map(answer.liabilities.map(({ kind, sum_micro }) => [kind, microOf(sum_micro)]));
  const onChain = microOf(answer.on_chain_micro);
  const inFlight = microOf(answer.in_flight_micro);
  const uncredited = microOf(answer.uncredited_micro);
  if (onChain === null || inFlight === null || uncredited === null || [...sums.values()].includes(null))
    return null;
  const sumOf = (kinds: readonly string[]) => kinds.reduce((sum, kind) => sum + (sums.get(kind) ?? 0n), 0n);
  const named = new Set([...OWED.flatMap(({ kinds }) => kinds), ...OUTSIDE]);
  const rest = [...sums.keys()].filter((kind) => !named.has(kind));
  const held = [
    { name: "on chain", micro: onChain },
    { name: "paid, not yet booked", micro: inFlight },
    { name: "not yet sent to the treasury", micro: -sumOf(["supply"]) },
  ];
  const owed = [
    ...OWED.map(({ name, kinds }) => ({ name, micro: sumOf(kinds) })),
    { name: "received, not yet credited", micro: uncredited + sumOf(rest) },
  ];
  return { held, owed, difference: total(held) - total(owed) };
}

export function total(parts: readonly Part[]): bigint {
  return parts.reduce((sum, { micro }) => sum + micro, 0n);
}

export interface Check {
  readonly verdict: "verified" | "refuted" | "unavailable";
  readonly why: string | null;
}

/** Checks here, and not at the api, that the treasury has signed what the api tells. */
export async function checkReserves(answer: ReservesAnswer, treasury: string): Promise<Check> {
  try {
    const { verifyReserves } = await import("@flockollamas/sdk/verify");
    const checked = await verifyReserves(readReserves(answer), { treasury });
    return { verdict: checked.verdict, why: checked.verdict === "verified" ? null : checked.why };
  } catch (error) {
    return { verdict: "unavailable", why: error instanceof Error ? error.message : "the check failed" };
  }
}

/** As the SDK has it. @throws RangeError if an amount is none. */
function readReserves(answer: ReservesAnswer): Reserves {
  const micro = (text: string) => {
    const amount = microOf(text);
    if (amount === null) throw new RangeError("an amount of the answer is none");
    // CAST: the SDK brands its amounts; this is one.
    return amount as Reserves["onChainMicro"];
  };
  return {
    statement: answer.statement,
    signature: answer.signature,
    signer: answer.signer,
    onChainMicro: micro(answer.on_chain_micro),
    slot: answer.slot,
    inFlightMicro: micro(answer.in_flight_micro),
    uncreditedMicro: micro(answer.uncredited_micro),
    ledgerPosition: micro(answer.ledger_position),
    ledgerHash: answer.ledger_hash,
    liabilities: answer.liabilities.map(({ kind, sum_micro }) => ({ kind, sumMicro: micro(sum_micro) })),
  };
}
