const NEAREST_MAX = 3;

/** The names that somebody may have meant: the closest ones, and none that is far from what was typed. */
export function nearestTo(typed: string, names: Iterable<string>): readonly string[] {
  const wanted = typed.toLowerCase();
  const scored = [...new Set(names)].map((name) => ({
    name,
    distance: distanceOf(wanted, name.toLowerCase()),
  }));
  const bound = Math.max(1, Math.floor(Math.min(wanted.length, 20) * 0.4));
  const least = Math.min(...scored.map(({ distance }) => distance));
  if (least > bound) return [];
  return scored
    .filter(({ distance }) => distance === least)
    .map(({ name }) => name)
    .slice(0, NEAREST_MAX);
}

/**
 * How many letters must be typed, left out, changed or swapped with their neighbour; a name that was only begun is
 * near, however long it is.
 */
function distanceOf(typed: string, name: string): number {
  if (typed.length >= 3 && name.startsWith(typed)) return 0.5;
  let [beforeLast, last]: [number[], number[]] = [
    [],
    Array.from({ length: name.length + 1 }, (_, index) => index),
  ];
  for (let row = 1; row <= typed.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= name.length; column += 1) {
      const isSame = typed[row - 1] === name[column - 1];
      const ways = [
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      ];
      const isSwapped =
        row > 1 && column > 1 && typed[row - 1] === name[column - 2] && typed[row - 2] === name[column - 1];
      if (isSwapped) ways.push((beforeLast[column - 2] ?? 0) + 1);
      current.push(Math.min(...ways));
    }
    [beforeLast, last] = [last, current];
  }
  return last[name.length] ?? 0;
}
