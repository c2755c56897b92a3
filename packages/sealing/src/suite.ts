import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import {
  type AEAD,
  CipherSuite,
  concat,
  encode,
  type KDF,
  type KEM,
  type Key,
  type KeyPair,
  LabeledExpand,
  LabeledExtract,
} from "hpke";

/*
 * HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. The library has the scheme; it is
 * given its primitives by node:crypto, as it provides for. Its own ones are WebCrypto's, where each call is a trip to
 * another thread: a claim would wait for twenty of them.
 */

export const PUBLIC_KEY_BYTES = 32;
/** What a sender adds in front of its ciphertext: its own public key. */
export const ENCAPSULATED_BYTES = 32;
export const TAG_BYTES = 16;
export const AEAD_ALGORITHM = "aes-128-gcm";
export const AEAD_KEY_BYTES = 16;
export const AEAD_NONCE_BYTES = 12;

const HASH_BYTES = 32;
const SUITE_ID = concat(encode("KEM"), Uint8Array.of(0x00, 0x20));
const NONE = new Uint8Array();
/** Keys come and go as JSON Web Keys (RFC 8037): node:crypto reads them seven times as fast as DER. */
const X25519 = { kty: "OKP", crv: "X25519" };

/** A key of node:crypto, in the form that the library passes around. */
export interface X25519Key extends Key {
  readonly key: KeyObject;
  /** Of a public key, its 32 bytes. */
  readonly bytes: Uint8Array;
}

function publicKeyOf(bytes: Uint8Array): X25519Key {
  const key = createPublicKey({ key: { ...X25519, x: base64Url(bytes) }, format: "jwk" });
  return { algorithm: { name: "X25519" }, extractable: true, type: "public", key, bytes };
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

function pairOf(privateKey: KeyObject, publicKey: KeyObject): KeyPair<X25519Key> {
  const { x = "" } = publicKey.export({ format: "jwk" });
  const bytes = new Uint8Array(Buffer.from(x, "base64url"));
  const common = { algorithm: { name: "X25519" } } as const;
  return {
    privateKey: { ...common, extractable: false, type: "private", key: privateKey, bytes: NONE },
    publicKey: { ...common, extractable: true, type: "public", key: publicKey, bytes },
  };
}

/** The pair of these 32 bytes each. */
export function pairOfBytes(privateBytes: Uint8Array, publicBytes: Uint8Array): KeyPair<X25519Key> {
  const jwk = { ...X25519, d: base64Url(privateBytes), x: base64Url(publicBytes) };
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  return pairOf(key, createPublicKey(key));
}

/** A fresh pair. */
export function generatePair(): KeyPair<X25519Key> {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  return pairOf(privateKey, publicKey);
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHmac("sha256", key);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

const KDF_HKDF_SHA256: KDF = {
  id: 0x0001,
  type: "KDF",
  name: "HKDF-SHA256",
  Nh: HASH_BYTES,
  stages: 2,
  Extract: async (salt, ikm) => hmac(salt, ikm),
  Expand: async (prk, info, length) => {
    const blocks: Uint8Array[] = [];
    for (let index = 1; blocks.length * HASH_BYTES < length; index++)
      blocks.push(hmac(prk, blocks.at(-1) ?? NONE, info, Uint8Array.of(index)));
    return concat(...blocks).slice(0, length);
  },
  Derive: () => Promise.reject(new Error("HKDF has two stages")),
};

/** The shared secret of a Diffie-Hellman; throws for a point of low order, as node:crypto does. */
async function sharedSecret(
  privateKey: X25519Key,
  publicKey: X25519Key,
  context: Uint8Array,
): Promise<Uint8Array> {
  const dh = new Uint8Array(diffieHellman({ privateKey: privateKey.key, publicKey: publicKey.key }));
  const prk = await LabeledExtract(KDF_HKDF_SHA256, SUITE_ID, NONE, encode("eae_prk"), dh);
  return LabeledExpand(KDF_HKDF_SHA256, SUITE_ID, prk, encode("shared_secret"), context, HASH_BYTES);
}

function kemX25519(ephemeralPair: () => KeyPair<X25519Key>): KEM<X25519Key> {
  const unused = () => Promise.reject(new Error("keys are made and read by this package itself"));
  return {
    id: 0x0020,
    type: "KEM",
    name: "DHKEM(X25519, HKDF-SHA256)",
    Nsecret: HASH_BYTES,
    Nenc: ENCAPSULATED_BYTES,
    Npk: PUBLIC_KEY_BYTES,
    Nsk: 32,
    DeriveKeyPair: unused,
    GenerateKeyPair: async () => generatePair(),
    SerializePublicKey: async ({ bytes }) => bytes,
    DeserializePublicKey: async (bytes) => publicKeyOf(bytes),
    SerializePrivateKey: unused,
    DeserializePrivateKey: unused,
    Encap: async (recipient) => {
      const { privateKey, publicKey } = ephemeralPair();
      const context = concat(publicKey.bytes, recipient.bytes);
      return {
        shared_secret: await sharedSecret(privateKey, recipient, context),
        enc: publicKey.bytes,
      };
    },
    Decap: async (enc, privateKey, publicKey) => {
      if (publicKey === undefined) throw new Error("a recipient is a pair of keys");
      return sharedSecret(privateKey, publicKeyOf(enc), concat(enc, publicKey.bytes));
    },
  };
}

/** Encrypts; the tag stands at the end. */
export function aeadSeal(
  key: Uint8Array | KeyObject,
  nonce: Uint8Array,
  aad: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(AEAD_ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad, { plaintextLength: plain.length });
  const body = cipher.update(plain);
  cipher.final();
  return Buffer.concat([body, cipher.getAuthTag()], body.length + TAG_BYTES);
}

/** Decrypts; throws for anything that was not sealed so. */
export function aeadOpen(
  key: Uint8Array | KeyObject,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array {
  const length = sealed.length - TAG_BYTES;
  if (length < 0) throw new RangeError("shorter than its tag");
  const decipher = createDecipheriv(AEAD_ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad, { plaintextLength: length });
  decipher.setAuthTag(sealed.subarray(length));
  const plain = decipher.update(sealed.subarray(0, length));
  decipher.final();
  return plain;
}

const AEAD_AES_128_GCM: AEAD = {
  id: 0x0001,
  type: "AEAD",
  name: "AES-128-GCM",
  Nk: AEAD_KEY_BYTES,
  Nn: AEAD_NONCE_BYTES,
  Nt: TAG_BYTES,
  Seal: async (key, nonce, aad, plain) => aeadSeal(key, nonce, aad, plain),
  Open: async (key, nonce, aad, sealed) => aeadOpen(key, nonce, aad, sealed),
};

/** @param ephemeralPair What a sender's own pairs come from; fixed in tests only. */
export function hpkeSuite(ephemeralPair = generatePair): CipherSuite<X25519Key> {
  return new CipherSuite(
    () => kemX25519(ephemeralPair),
    () => KDF_HKDF_SHA256,
    () => AEAD_AES_128_GCM,
  );
}
