import { createSecretKey, type KeyObject } from "node:crypto";
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, aeadOpen, aeadSeal } from "./suite.js";

/** Bytes of a stream's secret: an AEAD key and the nonce that its numbers are added to. */
export const STREAM_SECRET_BYTES = AEAD_KEY_BYTES + AEAD_NONCE_BYTES;

const SEQUENCE_BYTES = 4;
const NUMBERS_MAX = 0xffff_ffff;

/**
 * One direction of a lease: records with numbers, each sealed once. The nonce of a record is the stream's, with the
 * record's number added as HPKE does it (RFC 9180 §5.2); number and header are authenticated with the record.
 */
class Stream {
  readonly #key: KeyObject;
  readonly #nonce: Buffer;
  readonly #names: Uint8Array;

  /** @param names What the records belong to; authenticated with each of them. */
  constructor(secret: Uint8Array, names: Uint8Array) {
    this.#key = createSecretKey(secret.subarray(0, AEAD_KEY_BYTES));
    this.#nonce = Buffer.from(secret.subarray(AEAD_KEY_BYTES, STREAM_SECRET_BYTES));
    this.#names = names;
  }

  get key(): KeyObject {
    return this.#key;
  }

  nonceOf(seq: number): Buffer {
    const nonce = Buffer.from(this.#nonce);
    const at = AEAD_NONCE_BYTES - SEQUENCE_BYTES;
    nonce.writeUInt32BE((nonce.readUInt32BE(at) ^ seq) >>> 0, at);
    return nonce;
  }

  /** Names, then the record's number, then its header: whole numbers of 4 bytes. */
  aadOf(seq: number, header: readonly number[]): Buffer {
    const length = this.#names.length;
    const aad = Buffer.allocUnsafe(length + SEQUENCE_BYTES * (1 + header.length));
    aad.set(this.#names);
    aad.writeUInt32BE(seq, length);
    for (const [index, number] of header.entries())
      aad.writeUInt32BE(number, length + SEQUENCE_BYTES * (1 + index));
    return aad;
  }
}

/** Seals the records of a stream, in order. */
export class RecordSealer {
  readonly #stream: Stream;
  #next = 0;

  constructor(secret: Uint8Array, names: Uint8Array) {
    this.#stream = new Stream(secret, names);
  }

  /**
   * @param header What travels beside the record in the clear and is not to be changed: whole numbers below 2³².
   * @throws RangeError for a number that was used: two records under one nonce would give both away.
   */
  seal(seq: number, header: readonly number[], plain: Uint8Array): Uint8Array {
    if (seq < this.#next || seq > NUMBERS_MAX) throw new RangeError(`record ${seq} was sealed before`);
    this.#next = seq + 1;
    return aeadSeal(this.#stream.key, this.#stream.nonceOf(seq), this.#stream.aadOf(seq, header), plain);
  }
}

/** Opens the records of a stream. */
export class RecordOpener {
  readonly #stream: Stream;

  constructor(secret: Uint8Array, names: Uint8Array) {
    this.#stream = new Stream(secret, names);
  }

  /** What was sealed under this number with this header; undefined for anything else. */
  open(seq: number, header: readonly number[], sealed: Uint8Array): Uint8Array | undefined {
    try {
      return aeadOpen(this.#stream.key, this.#stream.nonceOf(seq), this.#stream.aadOf(seq, header), sealed);
    } catch {
      return undefined;
    }
  }
}
