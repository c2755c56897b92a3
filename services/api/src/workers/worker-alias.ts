import { createHmac } from "node:crypto";
import { base32 } from "@scure/base";
import type { SecretStore } from "../store/secret-store.js";

const SECRET = "worker_aliases";
const PREFIX = "w-";
/** 60 bits: two of a million workers share an alias with a chance of one in two million. */
const LETTERS = 12;

/** What every alias looks like: two signs and twelve of base32. */
export const WORKER_ALIAS = /^w-[a-z2-7]{12}$/;

/**
 * Names under which accounts know workers. An account knows a worker by the same alias always, from every api process.
 * An alias does not tell who the worker is, and another account's aliases are others: without the secret nobody can
 * compute an alias, or say of two whether they are one worker's.
 */
export class WorkerAliases {
  readonly #secret: Uint8Array;

  /** @param secret 32 random bytes. */
  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  /** With the secret that all api processes share. */
  static async load(secrets: Pick<SecretStore, "secret">): Promise<WorkerAliases> {
    return new WorkerAliases(await secrets.secret(SECRET));
  }

  aliasOf(accountId: string, workerId: string): string {
    // Neither id has the character between them, so no two pairs are one text.
    const digest = createHmac("sha256", this.#secret).update(`${accountId}\n${workerId}`).digest();
    return PREFIX + base32.encode(digest).slice(0, LETTERS).toLowerCase();
  }
}
