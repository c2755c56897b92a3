import { type Identity, verifySignature } from "./ed25519.js";

/*
 * What the mesh tells workers, tickets and commands, is signed: whatever else arrives under their subjects is not
 * believed. A signature covers a purpose, so that what was signed for one worker says nothing to another.
 */

const DOMAIN = "flock/mesh/v1";
const SEPARATOR = "\0";
/** Written one behind the other: of the key, and of the one that it takes the place of. */
const LIST = ",";
/** Most signatures of one message that are looked at: whoever forges one costs its reader no more than that. */
const SIGNATURES_MAX = 2;

/** Signs in the name of the mesh. */
export interface MeshSigner {
  /** By which workers know what it has signed. */
  readonly publicKeys: readonly string[];
  /** @param purpose Without a NUL character. */
  sign(purpose: string, payload: Uint8Array): string;
}

/**
 * Signs with each of the keys. There are two while one takes the place of the other: whoever knows only one of them
 * believes what is signed.
 */
export function meshSignerOf(keys: readonly Identity[]): MeshSigner {
  return {
    publicKeys: keys.map(({ id }) => id),
    sign: (purpose, payload) => {
      const bytes = signedBytes(purpose, payload);
      return keys.map((key) => Buffer.from(key.sign(bytes)).toString("base64url")).join(LIST);
    },
  };
}

/** Whether one of the signatures is by one of the keys. Never throws, whatever the text. */
export function isSignedByMesh(
  publicKeys: readonly string[],
  purpose: string,
  payload: Uint8Array,
  signatures: string,
): boolean {
  const bytes = signedBytes(purpose, payload);
  return signatures
    .split(LIST, SIGNATURES_MAX)
    .map((text) => Buffer.from(text, "base64url"))
    .some((signature) => publicKeys.some((key) => verifySignature(key, bytes, signature)));
}

function signedBytes(purpose: string, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(DOMAIN + SEPARATOR + purpose + SEPARATOR), payload]);
}
