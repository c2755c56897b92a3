import type { Band } from "./bands.js";

/** Room for a band's name above it. */
const NAME = 22;
const AXIS = 20;
const BAND_MIN = 12;
const THREAD_MAX = 12;
/** Bands are told apart by their names; the colours only part neighbours. */
const COLOURS = ["--series-1", "--series-2", "--series-3", "--series-4"];
const COLOUR_OF_OTHERS = "--series-other";

/** Where a band lies, in CSS pixels. */
export interface PlacedBand {
  readonly band: Band;
  readonly top: number;
  readonly height: number;
  /** A variable of `tokens.css`. */
  readonly colour: string;
}

export interface WeaveLayout {
  readonly bands: readonly PlacedBand[];
  readonly height: number;
  /** Two layouts with the same key are drawn alike. */
  readonly key: string;
}

/**
 * A band is taller the more threads it has, by the root of them, so that small ones can be seen beside large ones; and
 * a few threads are no wall.
 * @param room For all threads, in CSS pixels.
 */
export function layOut(bands: readonly Band[], room: number): WeaveLayout {
  const sum = bands.reduce((total, band) => total + Math.sqrt(band.threads), 0);
  let y = 0;
  const placed = bands.map((band, index): PlacedBand => {
    const share = Math.round((room * Math.sqrt(band.threads)) / sum);
    const height = Math.max(BAND_MIN, Math.min(share, band.threads * THREAD_MAX));
    const top = y + NAME;
    y = top + height;
    const colour = band.key === "other" ? COLOUR_OF_OTHERS : COLOURS[index % COLOURS.length];
    return { band, top, height, colour: colour ?? COLOUR_OF_OTHERS };
  });
  const key = placed.map(({ band, top, height }) => `${band.key} ${band.threads} ${top} ${height}`).join("|");
  return { bands: placed, height: Math.max(NAME + BAND_MIN * 4, y) + AXIS, key };
}
