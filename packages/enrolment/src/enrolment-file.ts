import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { FlockError } from "@flock/errors";
import { type Identity, identityFromSecretKey } from "@flock/keys";
import type { Delegation } from "@flock/proto/jobs";
import { base58 } from "@scure/base";
import { z } from "zod";

/*
 * Where a worker whose wallet is elsewhere keeps its own key and what the wallet has signed. It is secret: who has it
 * can work in the wallet's name until the delegation lapses, and can move no money.
 */

const signed = z.object({ text: z.string().max(1_024), signature: z.string().max(128) });
const file = z.object({
  /** As in a Solana key file. */
  key: z.array(z.int().min(0).max(255)).length(64),
  delegation: signed.optional(),
  /** A text that the wallet has not yet signed. */
  draft: z.string().max(1_024).optional(),
});

/** What the file holds. */
export interface KeptEnrolment {
  readonly key: Identity;
  readonly delegation?: Delegation | undefined;
  readonly draft?: string | undefined;
}

/**
 * What is kept; undefined if there is no such file.
 * @throws FlockError `failed_precondition` if it cannot be read, `invalid_argument` if it is no enrolment
 */
export async function readEnrolment(path: string): Promise<KeptEnrolment | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    // CAST: what Node's file system throws.
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new FlockError("failed_precondition", `the enrolment ${path} cannot be read`, { cause });
  }
  try {
    const { key, delegation, draft } = file.parse(JSON.parse(text));
    return {
      key: identityFromSecretKey(Uint8Array.from(key)),
      delegation: delegation && { text: delegation.text, signature: base58.decode(delegation.signature) },
      draft,
    };
  } catch {
    // Without the reason: it could show a piece of the key.
    throw new FlockError("invalid_argument", `${path} is not a worker's enrolment`);
  }
}

/** Replaces the file as a whole; only its owner can read it. */
export async function writeEnrolment(path: string, { key, delegation, draft }: KeptEnrolment): Promise<void> {
  const content: z.input<typeof file> = {
    key: [...key.secretKey()],
    delegation: delegation && {
      text: delegation.text,
      signature: base58.encode(delegation.signature),
    },
    draft,
  };
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${randomUUID()}`;
  try {
    await writeFile(fresh, `${JSON.stringify(content)}\n`, { flag: "wx", mode: 0o600 });
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}
