import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { FlockError } from "@flock/errors";
import { base58 } from "@scure/base";
import { publicKeyOf, SIGNATURE_BYTES } from "./public-key.js";

/*
 * Ed25519 keys as Solana uses them: an identity is the base58 text of a 32-byte public key. node:crypto takes them as
 * JSON Web Keys (RFC 8037): `x` is the public key, `d` the secret seed.
 */
const ED25519 = { kty: "OKP", crv: "Ed25519" };
const SEED_BYTES = 32;
/** What stands before a seed in PKCS #8 (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

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

/** What signs, without the power to show its secret. */
export type Signer = Pick<Identity, "id" | "sign">;

function identityOf(privateKey: KeyObject): Identity {
  const { x = "", d = "" } = privateKey.export({ format: "jwk" });
  const publicKey = Buffer.from(x, "base64url");
  const seed = Buffer.from(d, "base64url");
  return {
    id: base58.encode(publicKey),
    sign: (message) => sign(null, message, privateKey),
    secretKey: () => Buffer.concat([seed, publicKey]),
  };
}

/** A fresh random identity. */
export function generateIdentity(): Identity {
  return identityOf(generateKeyPairSync("ed25519").privateKey);
}

/**
 * The identity of a Solana secret key: 64 bytes, seed then public key. Throws `invalid_argument` if they do not belong
 * together.
 */
export function identityFromSecretKey(secretKey: Uint8Array): Identity {
  if (secretKey.length !== 64)
    throw new FlockError("invalid_argument", `a secret key has 64 bytes, not ${secretKey.length}`);
  const [d, x] = [secretKey.subarray(0, 32), secretKey.subarray(32)].map(base64Url);
  const identity = identityOf(createPrivateKey({ key: { ...ED25519, d, x }, format: "jwk" }));
  if (identity.id !== base58.encode(secretKey.subarray(32))) {
    throw new FlockError("invalid_argument", "the secret key's public half does not belong to it");
  }
  return identity;
}

/** The identity whose secret is these 32 bytes. */
export function identityFromSeed(seed: Uint8Array): Identity {
  if (seed.length !== SEED_BYTES)
    throw new FlockError("invalid_argument", `a seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  const key = Buffer.concat([PKCS8_HEAD, seed]);
  return identityOf(createPrivateKey({ key, format: "der", type: "pkcs8" }));
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

function parsedKey(id: string): KeyObject | undefined {
  const known = parsedKeys.get(id);
  if (known !== undefined) return known;
  const bytes = publicKeyOf(id);
  if (bytes === undefined) return undefined;
  const key = createPublicKey({ key: { ...ED25519, x: base64Url(bytes) }, format: "jwk" });
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
    return key !== undefined && signature.length === SIGNATURE_BYTES && verify(null, message, key, signature);
  } catch {
    return false;
  }
}
