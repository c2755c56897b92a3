import { verifySignature } from "@flock/keys";
import { base58 } from "@scure/base";
import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { apiClientOf } from "../money/api-client.js";
import { placesOf } from "../places/places.js";

const reserves = z.looseObject({ statement: z.string(), signature: z.string(), signer: z.string() });
const network = z.object({ treasury_address: z.string() });

/** `flock verify reserves`: the treasury's proof of reserves, believed only as far as its signature goes. */
export async function verifyReserves(call: Call<{ readonly treasury?: string }>): Promise<Answer> {
  const api = await apiClientOf(call);
  const found = await api.get("/reserves", reserves);
  const expected =
    call.options.treasury ??
    (await placesOf(call)).local?.treasuryAddress ??
    (await api.get("/network", network)).treasury_address;
  requireSigned(found, expected);
  return {
    json: { ...found, verified: true },
    text: `${found.statement}\n\nsigned by ${found.signer}\n`,
  };
}

function requireSigned({ statement, signature, signer }: z.output<typeof reserves>, expected: string): void {
  if (signer !== expected)
    throw new Fault("check_failed", `signed by ${signer}, not by the treasury ${expected}`);
  let bytes: Uint8Array;
  try {
    bytes = base58.decode(signature);
  } catch (cause) {
    throw new Fault("check_failed", "the signature is not base58", { cause });
  }
  if (!verifySignature(signer, Buffer.from(statement, "utf8"), bytes))
    throw new Fault("check_failed", `the signature is not that of ${signer} under this statement`);
}
