/*
 * @file Numbers between bounds, as expressions over their digits.
 *
 * A number is written without exponent and without superfluous zeros in front, at most {@link DIGITS_MAX} digits in
 * all. So many digits always survive the way into a double and back, and of two such numbers the greater never becomes
 * the smaller or equal double. So a number that is right digit by digit is right for every reader.
 *
 * Integers are exact: those accepted are those between the bounds. Example, 7 to 123: `[7-9]`, `[1-9][0-9]`,
 * `1 [01][0-9]`, `1 2 [0-3]`. The fraction of other numbers is compared to a bound's in the same way, place by place.
 */
import { between, choice, type Expression, NOTHING, optional, repeat, sequence, text } from "./gbnf.js";

/** Every decimal number of so many significant digits has a double of its own. */
const DIGITS_MAX = 15;

/** Bounds as in JSON Schema; undefined: none. */
export interface Bounds {
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly exclusiveMaximum?: number | undefined;
}

const INTEGER_MAX = 10 ** DIGITS_MAX - 1;
const digit = between("0", "9");

/** All integers of at most 15 digits within the bounds; undefined if there are none. */
export function integersWithin(bounds: Bounds): Expression | undefined {
  const low = Math.max(
    -INTEGER_MAX,
    Math.ceil(bounds.minimum ?? -Infinity),
    Math.floor(bounds.exclusiveMinimum ?? -Infinity) + 1,
  );
  const high = Math.min(
    INTEGER_MAX,
    Math.floor(bounds.maximum ?? Infinity),
    Math.ceil(bounds.exclusiveMaximum ?? Infinity) - 1,
  );
  const alternatives = [
    ...(low <= -1 ? naturals(Math.max(1, -high), -low).map((one) => sequence(text("-"), one)) : []),
    ...(high >= 0 ? naturals(Math.max(0, low), high) : []),
  ];
  return alternatives.length === 0 ? undefined : choice(alternatives);
}

/** Integers from `low` to `high`, neither negative, one expression per number of digits. */
function naturals(low: number, high: number): Expression[] {
  const alternatives: Expression[] = [];
  const [shortest, longest] = [String(low).length, String(high).length];
  for (let length = shortest; low <= high && length <= longest; length++) {
    const from = length === shortest ? String(low) : `1${"0".repeat(length - 1)}`;
    const to = length === longest ? String(high) : "9".repeat(length);
    alternatives.push(digitsWithin(from, to));
  }
  return alternatives;
}

/** Texts of digits from `from` to `to`, which are as long as each other and in order. */
function digitsWithin(from: string, to: string): Expression {
  if (from === to) return text(from);
  const common = [...from].findIndex((character, index) => character !== to[index]);
  const [first, last] = [Number(from[common]), Number(to[common])];
  const [fromRest, toRest] = [from.slice(common + 1), to.slice(common + 1)];
  const isFromWhole = /^0*$/.test(fromRest);
  const isToWhole = /^9*$/.test(toRest);
  const alternatives: Expression[] = [];
  if (!isFromWhole) {
    alternatives.push(sequence(text(String(first)), digitsWithin(fromRest, "9".repeat(fromRest.length))));
  }
  const [low, high] = [isFromWhole ? first : first + 1, isToWhole ? last : last - 1];
  if (low <= high)
    alternatives.push(sequence(digitsBetween(low, high), repeat(digit, fromRest.length, fromRest.length)));
  if (!isToWhole) {
    alternatives.push(sequence(text(String(last)), digitsWithin("0".repeat(toRest.length), toRest)));
  }
  return sequence(common === 0 ? NOTHING : text(from.slice(0, common)), choice(alternatives));
}

const digitsBetween = (low: number, high: number): Expression =>
  low === high ? text(String(low)) : between(String(low), String(high));

/** A bound of a number without sign. */
interface Limit {
  readonly whole: number;
  /** Decimal places, without zeros at the end. */
  readonly fraction: Edge;
}

/** A bound of a fraction, by its decimal places. undefined where one is allowed: no bound. */
interface Edge {
  readonly places: string;
  readonly isExclusive: boolean;
}

interface Bound {
  readonly value: number;
  readonly isExclusive: boolean;
}

const PLACES_MAX = 10;

/** All numbers of at most 15 digits (10 of them decimal places) within the bounds; undefined if there are none. */
export function numbersWithin(bounds: Bounds): Expression | undefined {
  const low = tighter(bounds.minimum, bounds.exclusiveMinimum, 1);
  const high = tighter(bounds.maximum, bounds.exclusiveMaximum, -1);
  if ((low?.value ?? 0) > INTEGER_MAX || (high?.value ?? 0) < -INTEGER_MAX) return undefined;
  // Bounds beyond all numbers that are written bound nothing.
  const [floor, ceiling] = [low, high].map((bound) =>
    bound === undefined || Math.abs(bound.value) > INTEGER_MAX ? undefined : bound,
  );
  const wholeDigits = [floor, ceiling].map((bound) => String(Math.trunc(Math.abs(bound?.value ?? 0))).length);
  const places = Math.min(PLACES_MAX, DIGITS_MAX - Math.max(...wholeDigits));
  const alternatives: Expression[] = [];
  if (floor === undefined || floor.value < 0) {
    // Minus zero is not written.
    const nearest =
      ceiling !== undefined && ceiling.value < 0 ? negated(ceiling) : { value: 0, isExclusive: true };
    const farthest = floor === undefined ? undefined : negated(floor);
    alternatives.push(...magnitudes(nearest, farthest, places).map((one) => sequence(text("-"), one)));
  }
  if (ceiling === undefined || ceiling.value >= 0) {
    const nearest = floor !== undefined && floor.value > 0 ? floor : zeroFrom(floor);
    alternatives.push(...magnitudes(nearest, ceiling, places));
  }
  return alternatives.length === 0 ? undefined : choice(alternatives);
}

const negated = ({ value, isExclusive }: Bound): Bound => ({ value: -value, isExclusive });

const zeroFrom = (floor: Bound | undefined): Bound => ({
  value: 0,
  isExclusive: floor?.value === 0 && floor.isExclusive,
});

/** The bound that leaves less room; the exclusive one of two equal ones. `direction` is 1 for lower bounds. */
function tighter(inclusive: number | undefined, exclusive: number | undefined, direction: 1 | -1) {
  if (exclusive === undefined)
    return inclusive === undefined ? undefined : { value: inclusive, isExclusive: false };
  const isExclusive = inclusive === undefined || direction * exclusive >= direction * inclusive;
  return { value: isExclusive ? exclusive : inclusive, isExclusive };
}

/** Numbers without sign from `low` to `high` (undefined: without end), one expression per kind of whole part. */
function magnitudes(low: Bound, high: Bound | undefined, places: number): Expression[] {
  const from = limit(low);
  const to = high === undefined ? undefined : limit(high);
  const onEdge = (whole: number, least: Edge | undefined, most: Edge | undefined) => {
    const rest = fractions(least, most, places);
    return rest === undefined ? [] : [sequence(text(String(whole)), rest)];
  };
  if (to !== undefined && to.whole <= from.whole) {
    return to.whole < from.whole ? [] : onEdge(from.whole, from.fraction, to.fraction);
  }
  const wholes = naturals(from.whole + 1, (to?.whole ?? INTEGER_MAX + 1) - 1);
  const any = fractions(undefined, undefined, places) ?? NOTHING;
  return [
    ...onEdge(from.whole, from.fraction, undefined),
    ...wholes.map((whole) => sequence(whole, any)),
    ...(to === undefined ? [] : onEdge(to.whole, undefined, to.fraction)),
  ];
}

/** Digits of a bound that is not negative and below 10^15. */
function limit({ value, isExclusive }: Bound): Limit {
  const [mantissa = "", exponent = "0"] = String(value).split("e-");
  const [whole = "", fraction = ""] = mantissa.split(".");
  // So small a number that it is written with an exponent has one digit before the point.
  const isSmall = exponent !== "0";
  const places = isSmall ? "0".repeat(Number(exponent) - 1) + whole + fraction : fraction;
  return { whole: isSmall ? 0 : Number(whole), fraction: { places, isExclusive } };
}

/** What follows a whole part: nothing, or a point and decimal places between the edges. undefined: nothing can. */
function fractions(least: Edge | undefined, most: Edge | undefined, places: number): Expression | undefined {
  const some = tails(least, most, places);
  const written = some === undefined ? undefined : sequence(text("."), some);
  if (!admitsZero(least, most)) return written;
  return written === undefined ? NOTHING : optional(written);
}

const admitsZero = (least: Edge | undefined, most: Edge | undefined) =>
  (least === undefined || (least.places === "" && !least.isExclusive)) &&
  (most === undefined || most.places !== "" || !most.isExclusive);

/** One to `places` decimal places between the edges; undefined if there are none. */
function tails(lower: Edge | undefined, most: Edge | undefined, places: number): Expression | undefined {
  if (places === 0) return undefined;
  const least = lower?.places === "" && !lower.isExclusive ? undefined : lower;
  if (least === undefined && most === undefined) return repeat(digit, 1, places);
  const low = least === undefined ? -1 : Number(least.places[0] ?? "0");
  const high = most === undefined ? 10 : Number(most.places[0] ?? "0");
  const after = (first: number, nextLeast: Edge | undefined, nextMost: Edge | undefined) => {
    const rest = tails(nextLeast, nextMost, places - 1);
    if (!admitsZero(nextLeast, nextMost))
      return rest === undefined ? [] : [sequence(text(String(first)), rest)];
    return [sequence(text(String(first)), rest === undefined ? NOTHING : optional(rest))];
  };
  if (low > high) return undefined;
  if (low === high) return oneOf(after(low, next(least), next(most)));
  const any = places === 1 ? NOTHING : repeat(digit, 0, places - 1);
  return oneOf([
    ...(least === undefined ? [] : after(low, next(least), undefined)),
    ...(low + 1 > high - 1 ? [] : [sequence(digitsBetween(low + 1, high - 1), any)]),
    ...(most === undefined ? [] : after(high, undefined, next(most))),
  ]);
}

/** The edge behind its first place. */
const next = (edge: Edge | undefined): Edge | undefined =>
  edge === undefined ? undefined : { ...edge, places: edge.places.slice(1) };

const oneOf = (alternatives: readonly Expression[]) =>
  alternatives.length === 0 ? undefined : choice(alternatives);
