/** Amounts of µLLAMA, as bigint, in the words of the console. */

const MICRO_PER_LLAMA = 1_000_000n;
const FRACTION_DIGITS = 6;

/** Below 0.001 LLAMA an amount is told in µLLAMA, because zeros behind a point are hard to count. */
const SMALL = 1_000n;

export interface AmountText {
  readonly figure: string;
  readonly unit: "LLAMA" | "µLLAMA";
}

/** Exact: `4_100n` is `0.0041 LLAMA`, `12n` is `12 µLLAMA`, `1_234_500_000n` is `1,234.5 LLAMA`. */
export function amountText(micro: bigint): AmountText {
  const size = micro < 0n ? -micro : micro;
  const sign = micro < 0n ? "−" : "";
  if (size > 0n && size < SMALL) return { figure: `${sign}${grouped(size)}`, unit: "µLLAMA" };
  const fraction = (size % MICRO_PER_LLAMA).toString().padStart(FRACTION_DIGITS, "0").replace(/0+$/, "");
  const whole = grouped(size / MICRO_PER_LLAMA);
  return { figure: `${sign}${whole}${fraction === "" ? "" : `.${fraction}`}`, unit: "LLAMA" };
}

export function formatAmount(micro: bigint): string {
  const { figure, unit } = amountText(micro);
  return `${figure} ${unit}`;
}

/** `null` for what is no whole number of µLLAMA in a string: an amount is never guessed. */
export function microOf(text: unknown): bigint | null {
  return typeof text === "string" && /^-?\d{1,19}$/.test(text) ? BigInt(text) : null;
}

/** What a person typed as LLAMA, such as `1.5` or `1,000`, as µLLAMA; `null` if it is no such amount. */
export function parseAmount(text: string): bigint | null {
  const match = /^(\d{1,12}|\d{1,3}(?:,\d{3}){1,3})(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (match === null) return null;
  const [, whole = "0", fraction = ""] = match;
  return BigInt(whole.replaceAll(",", "")) * MICRO_PER_LLAMA + BigInt(fraction.padEnd(FRACTION_DIGITS, "0"));
}

function grouped(whole: bigint): string {
  return whole.toLocaleString("en");
}
