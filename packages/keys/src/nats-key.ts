import { randomBytes } from "node:crypto";
import { FlockError } from "@flock/errors";
import { base32nopad } from "@scure/base";
import { type Identity, identityFromSeed } from "./ed25519.js";

/*
 * Ed25519 keys as NATS writes them ("nkeys"): base32 of what they are, 32 bytes and a checksum. Its own package signs
 * in JavaScript, which takes a hundred times as long as node:crypto.
 */

const SEED_TEXT = /^S[AOU][A-Z2-7]{56}$/;
/** Two bytes tell that it is a seed, and of what. */
const SEED_HEAD_BYTES = 2;
const SEED_BYTES = 32;
const CHECKSUM_BYTES = 2;
const NO_BYTES = new Uint8Array();
const CHECKSUM_POLYNOMIAL = 0x1021;

/** The key of a NATS seed. */
export interface NatsKey {
  /** `U…` of a user, `A…` of an account, `O…` of an operator. */
  readonly publicKey: string;
  sign: Identity["sign"];
}

/** What the first two bytes of a user's seed say: that it is a seed (18), and of a user (20), in five bits each. */
const USER_SEED_HEAD = Buffer.of((18 << 3) | (20 >> 2), (20 << 6) & 0xff);

/** The seed of a fresh user: whoever has it can show what NATS is told of its public key. */
export function freshUserSeed(): string {
  const body = Buffer.concat([USER_SEED_HEAD, randomBytes(SEED_BYTES)]);
  return base32nopad.encode(Buffer.concat([body, checksum(body)]));
}

/** @throws FlockError `invalid_argument` if the text is no seed of a user, an account or an operator; not shown */
export function natsKeyOf(seed: string): NatsKey {
  const bytes = SEED_TEXT.test(seed) ? decoded(seed) : NO_BYTES;
  const body = bytes.subarray(0, SEED_HEAD_BYTES + SEED_BYTES);
  const isWhole = body.length < bytes.length && bytes.subarray(body.length).join() === checksum(body).join();
  if (!isWhole) throw new FlockError("invalid_argument", "this is not the seed of a NATS key");
  const { sign, secretKey } = identityFromSeed(body.subarray(SEED_HEAD_BYTES));
  // The kind stands in the last bits of the first byte and the first bits of the second.
  const [head = 0, next = 0] = body;
  const kind = ((head & 0b111) << 5) | (next >> 3);
  const publicBody = Buffer.concat([Buffer.of(kind), secretKey().subarray(SEED_BYTES)]);
  return { publicKey: base32nopad.encode(Buffer.concat([publicBody, checksum(publicBody)])), sign };
}

/** The bytes of a text in base32; none, if its last letter says more than they have. */
function decoded(text: string): Uint8Array {
  try {
    return base32nopad.decode(text);
  } catch {
    return NO_BYTES; // Which are no seed.
  }
}

/** CRC-16/XMODEM, the low byte first. */
function checksum(bytes: Uint8Array): Uint8Array {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++)
      crc = ((crc << 1) ^ ((crc & 0x8000) === 0 ? 0 : CHECKSUM_POLYNOMIAL)) & 0xffff;
  }
  const written = Buffer.alloc(CHECKSUM_BYTES);
  written.writeUInt16LE(crc);
  return written;
}
