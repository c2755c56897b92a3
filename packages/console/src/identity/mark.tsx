const STRIPES = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-other"];

/** The band of five stripes. Beside it stands the name, so it has none of its own. */
export function Mark() {
  return (
    <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
      {STRIPES.map((colour, index) => (
        <rect key={colour} x="1" y={1.5 + index * 4.3} width="22" height="3.3" fill={`var(${colour})`} />
      ))}
    </svg>
  );
}
