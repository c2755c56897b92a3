import { checkSignature } from "@flock/keys/pure";
import type { Reserves } from "../resources/reserves.js";
import { base58Bytes } from "./base58-bytes.js";
import { NO_ED25519, refuted, type Verdict, verified } from "./verdict.js";

/** What a signed statement of reserves proves: that this key has said so. */
export interface ProvenReserves {
  /** What was said, one fact a line. */
  readonly statement: string;
  readonly signer: string;
}

/**
 * Checks that the treasury has signed the statement, and that it says what the api told beside it. Whether the chain
 * agrees, any RPC can say: the statement names the slot.
 * @param treasury Its address, from elsewhere than this answer.
 */
export async function verifyReserves(
  reserves: Reserves,
  { treasury }: { readonly treasury: string },
): Promise<Verdict<ProvenReserves>> {
  const { statement, signer, signature } = reserves;
  if (signer !== treasury) return refuted(`it is signed by ${signer}, not by the treasury ${treasury}`);
  const check = await checkSignature(signer, new TextEncoder().encode(statement), base58Bytes(signature));
  if (check === "unavailable") return NO_ED25519;
  if (check === "invalid") return refuted(`${signer} has not signed the statement`);
  const lines = new Set(statement.split("\n"));
  const missing = linesOf(reserves).find((line) => !lines.has(line));
  if (missing !== undefined) return refuted(`the network tells what the statement does not say: ${missing}`);
  return verified({ statement, signer });
}

/** What the fields stand for in the statement. */
function linesOf(reserves: Reserves): string[] {
  return [
    `on chain: ${reserves.onChainMicro}`,
    `slot: ${reserves.slot}`,
    `paid and not yet posted: ${reserves.inFlightMicro}`,
    `received and not yet credited: ${reserves.uncreditedMicro}`,
    `ledger position: ${reserves.ledgerPosition}`,
    `ledger hash: ${reserves.ledgerHash}`,
    ...reserves.liabilities.map(({ kind, sumMicro }) => `ledger ${kind}: ${sumMicro}`),
  ];
}
