const LAST_CODE_POINT = 0x10ffff;
/** Halves of UTF-16 pairs: no characters, and not to be written in UTF-8. */
const SURROGATES: Range = [0xd800, 0xdfff];

/** First and last code point, both included. */
export type Range = readonly [first: number, last: number];

/** A set of Unicode characters. Immutable. */
export class CharacterSet {
  /** Sorted, disjoint, not touching. */
  readonly ranges: readonly Range[];

  private constructor(ranges: readonly Range[]) {
    this.ranges = ranges;
  }

  /** Code points that are no characters (halves of pairs) are left out. */
  static of(...ranges: readonly Range[]): CharacterSet {
    return new CharacterSet(subtract(normalise(ranges), SURROGATES));
  }

  /** The characters of a text. */
  static from(text: string): CharacterSet {
    return CharacterSet.of(...Array.from(text, (character) => single(character.codePointAt(0) ?? 0)));
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  has(codePoint: number): boolean {
    return this.ranges.some(([first, last]) => first <= codePoint && codePoint <= last);
  }

  union(other: CharacterSet): CharacterSet {
    return CharacterSet.of(...this.ranges, ...other.ranges);
  }

  without(other: CharacterSet): CharacterSet {
    return new CharacterSet(other.ranges.reduce<readonly Range[]>(subtract, this.ranges));
  }

  /** All other characters. */
  complement(): CharacterSet {
    return CharacterSet.of([0, LAST_CODE_POINT]).without(this);
  }
}

const single = (codePoint: number): Range => [codePoint, codePoint];

function normalise(ranges: readonly Range[]): readonly Range[] {
  const merged: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

function subtract(ranges: readonly Range[], [first, last]: Range): readonly Range[] {
  return ranges.flatMap((range) => {
    const below: Range = [range[0], Math.min(range[1], first - 1)];
    const above: Range = [Math.max(range[0], last + 1), range[1]];
    return [below, above].filter(([from, to]) => from <= to);
  });
}
