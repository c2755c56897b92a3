import { FlockError } from "@flock/errors";
import { MICRO_PER_LLAMA, type MicroLlama, microLlama } from "./micro-llama.js";

const FRACTION_DIGITS = 6;
const DECIMAL = /^(-?)(0|[1-9]\d{0,18})(?:\.(\d{1,6}))?$/;
const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;

/**
 * Reads a decimal amount of LLAMA such as `"12"`, `"-0.5"` or `"0.000001"` exactly, with no float in between.
 * @throws FlockError `invalid_argument` for anything else: exponents, signs other than a leading minus, spaces,
 *   leading zeros, more than six decimals, or an amount that does not fit int64 of µLLAMA.
 */
export function parseLlama(text: string): MicroLlama {
  const match = DECIMAL.exec(text);
  if (match === null) {
    throw new FlockError(
      "invalid_argument",
      `${JSON.stringify(text.slice(0, 40))} is not an amount of LLAMA`,
    );
  }
  const [, sign, whole = "0", fraction = ""] = match;
  const micro = BigInt(whole) * MICRO_PER_LLAMA + BigInt(fraction.padEnd(FRACTION_DIGITS, "0"));
  return microLlama(sign === "-" ? -micro : micro);
}

/**
 * The shortest exact decimal of LLAMA: `1500000n` is `"1.5"`, `1n` is `"0.000001"`. {@link parseLlama} reads it back.
 */
export function formatLlama(amount: MicroLlama): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(FRACTION_DIGITS + 1, "0");
  const whole = digits.slice(0, -FRACTION_DIGITS);
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, "");
  return `${amount < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/**
 * Reads an amount as JSON carries it: a string of whole µLLAMA, because JSON numbers lose digits beyond 2^53.
 * @throws FlockError `invalid_argument` for anything but a canonical whole number in a string that fits int64.
 */
export function microFromJson(value: unknown): MicroLlama {
  if (typeof value !== "string" || !INTEGER.test(value)) {
    throw new FlockError("invalid_argument", "an amount must be a string of whole µLLAMA");
  }
  return microLlama(BigInt(value));
}
