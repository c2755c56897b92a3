/** A chart has at most four series, and one for all that is left. */
const SERIES_MAX = 4;

export interface BarSeries {
  readonly name: string;
  /** One per label. Amounts are told exactly by `format` of the page's own figures; these are for drawing. */
  readonly values: readonly number[];
}

/** The first four, and the sum of all others as a fifth. */
export function withOther(series: readonly BarSeries[]): readonly BarSeries[] {
  if (series.length <= SERIES_MAX) return series;
  const rest = series.slice(SERIES_MAX);
  const sums = (rest[0]?.values ?? []).map((_, index) =>
    rest.reduce((sum, { values }) => sum + (values[index] ?? 0), 0),
  );
  return [...series.slice(0, SERIES_MAX), { name: `${rest.length} others`, values: sums }];
}
