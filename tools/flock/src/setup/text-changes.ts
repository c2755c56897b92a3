/** The form of a key of the network: what is printed shows its beginning alone. */
const KEY = /(flk_[1-9A-HJ-NP-Za-km-z]{4})[1-9A-HJ-NP-Za-km-z]+/g;

/** A text for people's eyes: no key in it is whole. */
export function withoutKeys(text: string): string {
  return text.replace(KEY, "$1…");
}

/** Any long word: what stands beside our entries may be a key of somebody else's. */
const SECRET = /([\w-]{8})[\w-]{24,}/g;

/** The lines that go ("- …") and come ("+ …") between two texts, between what both begin and end with. */
export function changedLines(before: string, after: string): string[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  let same = 0;
  while (same < old.length && same < fresh.length && old[same] === fresh[same]) same += 1;
  let tail = 0;
  while (tail < old.length - same && tail < fresh.length - same && old.at(-1 - tail) === fresh.at(-1 - tail))
    tail += 1;
  return [
    ...old.slice(same, old.length - tail).map((line) => `- ${line}`),
    ...fresh.slice(same, fresh.length - tail).map((line) => `+ ${line}`),
  ].map((line) => line.replace(SECRET, "$1…"));
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}
