/*
 * Logarithms and exponentials that are the same to the last bit everywhere. `Math.exp` and `Math.log` may differ
 * between engines; sums, products and quotients may not, and everything here is made of them.
 */

const LN2 = Math.LN2;
/** ln 2 in two parts: multiples of the first are exact, so that little is lost when they are taken off. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const SQRT2 = Math.SQRT2;
const EXP_TERMS = 16;
const LN_TERMS = 41;
/** Beyond ±700 a double has no room for the result. */
const EXP_ARGUMENT_MAX = 700;

/** e^x, 0 below -700. `x` at most 700. */
export function exp(x: number): number {
  if (x < -EXP_ARGUMENT_MAX) return 0;
  const halvings = Math.floor(x / LN2 + 0.5);
  const rest = x - halvings * LN2_HIGH - halvings * LN2_LOW;
  let sum = 1;
  for (let n = EXP_TERMS; n >= 1; n--) sum = 1 + (rest * sum) / n;
  for (let n = 0; n < halvings; n++) sum *= 2;
  for (let n = 0; n > halvings; n--) sum /= 2;
  return sum;
}

/** The natural logarithm of a number above 0. */
export function ln(x: number): number {
  let mantissa = x;
  let doublings = 0;
  for (; mantissa > SQRT2; doublings++) mantissa /= 2;
  for (; mantissa < SQRT2 / 2; doublings--) mantissa *= 2;
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let n = LN_TERMS; n >= 1; n -= 2) sum = sum * square + 1 / n;
  return doublings * LN2_HIGH + (doublings * LN2_LOW + 2 * s * sum);
}

/** base^count, for a whole count of at least 0. */
export function power(base: number, count: number): number {
  let product = 1;
  for (let index = 0; index < count; index++) product *= base;
  return product;
}
