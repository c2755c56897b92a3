import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { FlockError } from "@flock/errors";
import { ed25519 } from "@noble/curves/ed25519.js";
import { base58 } from "@scure/base";

/*
 * Ed25519 keys as Solana uses them: an identity is the base58 text of a 32-byte public key. node:crypto wants keys in
 * DER, whose fixed prefixes for Ed25519 are those of RFC 8410.
 */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Public keys parsed for verification; parsing costs as much as a verification. */
const PARSED_KEYS_MAX = 1_024;
const parsedKeys = new Map<string, KeyObject>();

/** A key pair: who signs, under which identity. */
export interface Identity {
  /** Base58 of the public key; 32 to 44 characters. */
  readonly id: string;
  /** 64-byte Ed25519 signature. */
  sign(message: Uint8Array): Uint8Array;
  /** The 64 bytes that Solana tools store: secret seed, then public key. */
  secretKey(): Uint8Array;
}

function identityOf(privateKey: KeyObject, seed: Uint8Array): Identity {
  const publicKey = createPublicKey(privateKey)
    .export({ format: "der", type: "spki" })
    .subarray(SPKI_PREFIX.length);
  return {
    id: base58.encode(publicKey),
    sign: (message) => sign(null, message, privateKey),
    secretKey: () => Buffer.concat([seed, publicKey]),
  };
}

/** A fresh random identity. */
export function generateIdentity(): Identity {
  const { privateKey } = generateKeyPairSync("ed25519");
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(PKCS8_PREFIX.length);
  return identityOf(privateKey, seed);
}

/**
 * The identity of a Solana secret key: 64 bytes, seed then public key. Throws `invalid_argument` if they do not belong
 * together.
 */
export function identityFromSecretKey(secretKey: Uint8Array): Identity {
  if (secretKey.length !== 64)
    throw new FlockError("invalid_argument", `a secret key has 64 bytes, not ${secretKey.length}`);
  const seed = secretKey.subarray(0, 32);
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: "der",
    type: "pkcs8",
  });
  const identity = identityOf(privateKey, seed);
  if (identity.id !== base58.encode(secretKey.subarray(32))) {
    throw new FlockError("invalid_argument", "the secret key's public half does not belong to it");
  }
  return identity;
}

/** True if `id` is the base58 text of 32 bytes. */
export function isIdentityId(id: string): boolean {
  if (id.length < 32 || id.length > 44) return false;
  try {
    return base58.decode(id).length === 32;
  } catch {
    return false;
  }
}

function parsedKey(id: string): KeyObject | undefined {
  const known = parsedKeys.get(id);
  if (known !== undefined) return known;
  if (!isIdentityId(id)) return undefined;
  const bytes = base58.decode(id);
  // OpenSSL takes them: everybody can sign for a point of small order, the system program's address among them.
  if (ed25519.Point.fromBytes(bytes, true).isSmallOrder()) return undefined;
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, bytes]),
    format: "der",
    type: "spki",
  });
  if (parsedKeys.size >= PARSED_KEYS_MAX) parsedKeys.clear();
  parsedKeys.set(id, key);
  return key;
}

/**
 * True if `signature` over `message` is by the key `id`, and could not be by anybody else. Never throws, whatever the
 * bytes.
 */
export function verifySignature(id: string, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = parsedKey(id);
    return key !== undefined && signature.length === 64 && verify(null, message, key, signature);
  } catch {
    return false;
  }
}
