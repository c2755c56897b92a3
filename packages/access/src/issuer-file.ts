import { readFile } from "node:fs/promises";
import { FlockError } from "@flock/errors";
import { natsKeyOf } from "@flock/keys";
import { z } from "zod";
import type { WorkerIssuer } from "./users.js";

const issuer = z.object({
  account: z.string().regex(/^A[A-Z2-7]{55}$/),
  signingSeed: z.string().startsWith("SA").refine(isSeed),
});

/**
 * The issuer in a file, as `flock admin access issuer` writes it.
 * @throws FlockError `failed_precondition` if there is no such file, it cannot be read or holds something else; what it
 * holds is not shown
 */
export async function readIssuer(file: string): Promise<WorkerIssuer> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new FlockError("failed_precondition", `the issuer of workers ${file} cannot be read`, { cause });
  }
  const parsed = issuer.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new FlockError("failed_precondition", `${file} does not hold an issuer of workers`);
}

/** Without the parser's error: it would show a piece of the file. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSeed(text: string): boolean {
  try {
    return natsKeyOf(text).publicKey !== "";
  } catch {
    return false;
  }
}
