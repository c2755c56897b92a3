/** How one series looks: a colour, and beside it a dash or a hatch, so that the colour is never alone. */
export interface SeriesLook {
  readonly colour: string;
  /** Of a line. */
  readonly dash: string | undefined;
  /** Of an area, for `SeriesPatterns`. */
  readonly pattern: "solid" | "right" | "left" | "across" | "dots";
}

const OTHER: SeriesLook = { colour: "var(--series-other)", dash: "1 4", pattern: "dots" };

const LOOKS: readonly SeriesLook[] = [
  { colour: "var(--series-1)", dash: undefined, pattern: "solid" },
  { colour: "var(--series-2)", dash: "7 3", pattern: "right" },
  { colour: "var(--series-3)", dash: "2 3", pattern: "left" },
  { colour: "var(--series-4)", dash: "9 3 2 3", pattern: "across" },
];

export function seriesLook(index: number): SeriesLook {
  return LOOKS[index] ?? OTHER;
}

const STROKES: Record<SeriesLook["pattern"], string> = {
  solid: "",
  right: "M-2 2l4-4M0 8l8-8M6 10l4-4",
  left: "M-2 6l4 4M0 0l8 8M6-2l4 4",
  across: "M0 4h8",
  dots: "M4 4h.01",
};

/** Fills for `fill={`url(#${id}-${index})`}`; the hatch is of the surface, over the colour. */
export function SeriesPatterns({ id, count }: { readonly id: string; readonly count: number }) {
  return (
    <defs>
      {Array.from({ length: count }, (_, index) => {
        const { colour, pattern } = seriesLook(index);
        return (
          <pattern key={colour} id={`${id}-${index}`} width="8" height="8" patternUnits="userSpaceOnUse">
            <rect width="8" height="8" fill={colour} />
            <path
              d={STROKES[pattern]}
              stroke="var(--surface)"
              strokeWidth={pattern === "dots" ? 2.5 : 1}
              strokeLinecap="round"
            />
          </pattern>
        );
      })}
    </defs>
  );
}

/** A swatch beside a series' name. */
export function Swatch({ id, index }: { readonly id: string; readonly index: number }) {
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
      <rect width="14" height="14" rx="2" fill={`url(#${id}-${index})`} />
    </svg>
  );
}
