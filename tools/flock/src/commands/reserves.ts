import { FlockError } from "@flock/errors";
import { verifySignature } from "@flock/keys";
import { base58 } from "@scure/base";
import { Command } from "commander";
import { z } from "zod";
import { printing } from "../command.js";
import { findLocalFacts } from "../local-mesh.js";
import { apiClientOf } from "../money/api-client.js";
import type { Surroundings } from "../surroundings.js";

const reserves = z.looseObject({ statement: z.string(), signature: z.string(), signer: z.string() });
const network = z.object({ treasury_address: z.string() });

/** `flock reserves`: the treasury's proof of reserves, believed only as far as its signature goes. */
export function reservesCommand(surroundings: Surroundings): Command {
  return new Command("reserves")
    .description("what the treasury holds and what is owed; its signature is checked")
    .option("--treasury <address>", "who must have signed; default: the treasury that the mesh names")
    .action(
      printing<{ treasury?: string }>(surroundings, async (_args, { treasury, ...options }) => {
        const api = await apiClientOf(options, surroundings);
        const found = await api.get("/reserves", reserves);
        const expected =
          treasury ??
          (await findLocalFacts(options.dataDir))?.treasuryAddress ??
          (await api.get("/network", network)).treasury_address;
        requireSigned(found, expected);
        return {
          json: { ...found, verified: true },
          text: `${found.statement}\n\nsigned by ${found.signer}\n`,
        };
      }),
    );
}

function requireSigned({ statement, signature, signer }: z.output<typeof reserves>, expected: string): void {
  if (signer !== expected)
    throw new FlockError("failed_precondition", `signed by ${signer}, not by the treasury ${expected}`);
  let bytes: Uint8Array;
  try {
    bytes = base58.decode(signature);
  } catch (cause) {
    throw new FlockError("failed_precondition", "the signature is not base58", { cause });
  }
  if (!verifySignature(signer, Buffer.from(statement, "utf8"), bytes))
    throw new FlockError(
      "failed_precondition",
      `the signature is not that of ${signer} under this statement`,
    );
}
