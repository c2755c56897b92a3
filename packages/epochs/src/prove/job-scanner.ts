/*
 * The fast reader of job lines: about twenty times as fast as the strict one, because it makes no strings and no
 * bigints. It accepts canonical job lines of printable ASCII whose amounts are small enough to be exact as numbers and
 * are right. Everything else it leaves to the strict reader, which says what is wrong, or accepts it: so it may be
 * fast, but it can never be more lenient. A test holds it against the strict one.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { EXACT_MAX } from "../statement/job-sums.js";

const ZERO = 0x30;
const DIGITS_MAX = 15;
const ID_BYTES_MAX = 128;
const RECEIPT_DIGITS = 64;

/** Bytes to be compared four at a time: byte by byte they would take most of the scanner's time. */
interface Literal {
  /** Little-endian. */
  readonly words: Int32Array;
  readonly rest: Uint8Array;
  readonly length: number;
}

const KEYS = {
  job: literal('{"job":"'),
  account: literal('","account":"'),
  worker: literal('","worker":"'),
  model: literal('","model":"'),
  digest: literal('","digest":"'),
  tokens: literal('","tokens":["'),
  second: literal('","'),
  prices: literal('"],"prices":["'),
  held: literal('"],"held":"'),
  workerShareBps: literal('","workerShareBps":'),
  charge: literal(',"charge":"'),
  shares: literal('","shares":["'),
  kept: literal('"],"clawedBack":false,"receipt":'),
  clawedBack: literal('"],"clawedBack":true,"receipt":'),
  receipt: literal('"'),
  receiptEnd: literal('"}\n'),
  noReceipt: literal("null}\n"),
};

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ID = pairsOf(`${ALPHANUMERIC}_-`);
const HEX = pairsOf("0123456789abcdef");
/** What stands for itself in JSON, as far as it is ASCII. */
const PLAIN = pairsOf(`${ALPHANUMERIC} !#$%&'()*+,-./:;<=>?@[]^_\`{|}~`);
const [FIRST, BOTH] = [1, 3];

/** Reads one job line at a time; what was read is in its fields until the next. */
export class JobScanner {
  /** Bounds of the ids in the bytes last scanned. */
  jobStart = 0;
  jobEnd = 0;
  accountStart = 0;
  accountEnd = 0;
  workerStart = 0;
  workerEnd = 0;
  charge = 0;
  workerShare = 0;
  protocolShare = 0;
  isClawedBack = false;

  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #end = 0;

  /**
   * Whether `bytes[start, end)` is a job line that it can read. If not, the fields mean nothing. It wants one byte
   * behind the line that it may look at.
   */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    if (end >= bytes.length) return false;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.#at = start;
    this.#end = end;
    return this.#ids() && this.#texts() && this.#amounts() && this.#ending() && this.#at === end;
  }

  #ids(): boolean {
    if (!this.#literal(KEYS.job)) return false;
    this.jobStart = this.#at;
    if (!this.#id()) return false;
    this.jobEnd = this.#at;
    if (!this.#literal(KEYS.account)) return false;
    this.accountStart = this.#at;
    if (!this.#id()) return false;
    this.accountEnd = this.#at;
    if (!this.#literal(KEYS.worker)) return false;
    this.workerStart = this.#at;
    if (!this.#id()) return false;
    this.workerEnd = this.#at;
    return true;
  }

  #texts(): boolean {
    return this.#literal(KEYS.model) && this.#text() && this.#literal(KEYS.digest) && this.#text();
  }

  #amounts(): boolean {
    if (!this.#literal(KEYS.tokens)) return false;
    const promptTokens = this.#number();
    if (!this.#literal(KEYS.second)) return false;
    const completionTokens = this.#number();
    if (!this.#literal(KEYS.prices)) return false;
    const promptPrice = this.#number();
    if (!this.#literal(KEYS.second)) return false;
    const completionPrice = this.#number();
    if (!this.#literal(KEYS.held)) return false;
    const held = this.#number();
    if (!this.#literal(KEYS.workerShareBps)) return false;
    const workerShareBps = this.#number();
    if (!this.#literal(KEYS.charge)) return false;
    this.charge = this.#number();
    if (!this.#literal(KEYS.shares)) return false;
    this.workerShare = this.#number();
    if (!this.#literal(KEYS.second)) return false;
    this.protocolShare = this.#number();
    const cost = promptTokens * promptPrice + completionTokens * completionPrice;
    return this.#areRight(cost, held, workerShareBps);
  }

  /**
   * Whether the charge and its shares are what they should be. NaN, for a number that could not be read, makes it
   * false.
   */
  #areRight(cost: number, held: number, workerShareBps: number): boolean {
    const share = this.charge * workerShareBps;
    // Multiplied instead of divided: every product below the bound is exact.
    const workerShare = this.workerShare * 10_000;
    return (
      cost <= EXACT_MAX &&
      share <= EXACT_MAX &&
      workerShareBps <= 10_000 &&
      this.charge === Math.min(held, cost) &&
      workerShare <= share &&
      share < workerShare + 10_000 &&
      this.protocolShare === this.charge - this.workerShare
    );
  }

  #ending(): boolean {
    this.isClawedBack = this.#literal(KEYS.clawedBack);
    if (!this.isClawedBack && !this.#literal(KEYS.kept)) return false;
    if (this.#literal(KEYS.noReceipt)) return true;
    return this.#literal(KEYS.receipt) && this.#run(HEX) === RECEIPT_DIGITS && this.#literal(KEYS.receiptEnd);
  }

  #literal({ words, rest, length }: Literal): boolean {
    let at = this.#at;
    if (at + length > this.#end) return false;
    for (let index = 0; index < words.length; index += 1, at += 4) {
      if (this.#view.getInt32(at, true) !== words[index]) return false;
    }
    for (let index = 0; index < rest.length; index += 1, at += 1) {
      if (this.#bytes[at] !== rest[index]) return false;
    }
    this.#at = at;
    return true;
  }

  #id(): boolean {
    const length = this.#run(ID);
    return length > 0 && length <= ID_BYTES_MAX;
  }

  #text(): boolean {
    return this.#run(PLAIN) >= 0;
  }

  /** Goes over the bytes that are of a kind, and says how many. They end before the line does: "\n" is of no kind. */
  #run(pairs: Uint8Array): number {
    const start = this.#at;
    let at = start;
    let kind = pairs[this.#view.getUint16(at, true)] ?? 0;
    while (kind === BOTH) {
      at += 2;
      kind = pairs[this.#view.getUint16(at, true)] ?? 0;
    }
    if ((kind & FIRST) !== 0) at += 1;
    this.#at = at;
    return at - start;
  }

  /** A canonical whole number of at most 15 digits, or NaN. */
  #number(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let value = 0;
    for (;;) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at += 1;
    }
    this.#at = at;
    const digits = at - start;
    const isCanonical = digits === 1 || (digits > 1 && digits <= DIGITS_MAX && bytes[start] !== ZERO);
    return isCanonical ? value : Number.NaN;
  }
}

function literal(text: string): Literal {
  const bytes = utf8ToBytes(text);
  const view = new DataView(bytes.buffer);
  const words = Int32Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) =>
    view.getInt32(index * 4, true),
  );
  return { words, rest: bytes.subarray(words.length * 4), length: bytes.length };
}

/**
 * For every two bytes, as a little-endian number: bit 0 if the first is one of `characters`, bit 1 if the second is.
 * Two at a time is twice as fast.
 */
function pairsOf(characters: string): Uint8Array {
  const isOne = new Uint8Array(256);
  for (const byte of utf8ToBytes(characters)) isOne[byte] = 1;
  return Uint8Array.from(
    { length: 65_536 },
    (_, pair) => (isOne[pair & 0xff] ?? 0) | ((isOne[pair >> 8] ?? 0) << 1),
  );
}
