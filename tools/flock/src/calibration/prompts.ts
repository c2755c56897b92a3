/*
 * Questions of several kinds, the same ones on every machine: what is measured with them is measured again alike. They
 * are put together from lists, so that there are hundreds, and none that an engine could know by heart.
 */

const WHO = ["a llama", "a small fox", "an old sailor", "two sisters", "a baker", "a tired robot", "a goat"];
const WHERE = ["on a mountain", "in a big town", "by the sea", "in the snow", "on a farm", "in a forest"];
const WHAT = [
  "finds a key",
  "loses a hat",
  "makes a friend",
  "learns to swim",
  "bakes bread",
  "hears a song",
];

const FORMS: readonly ((who: string, where: string, what: string) => string)[] = [
  (who, where, what) => `Tell me a story about ${who} ${where} who ${what}.`,
  (who, where, what) => `What does ${who} do ${where} before it ${what}?`,
  (who, where, what) => `Write a short poem: ${where}, ${who} ${what}.`,
  (who, where, what) => `Why is it good news that ${who} ${where} ${what}? Give three reasons.`,
];
const ALL = FORMS.length * WHO.length * WHERE.length * WHAT.length;
/** Has no factor in common with the number of all, so all come by, and neighbours have little in common. */
const STRIDE = 397;

/** @param index 0, 1, 2, …; the questions begin anew after 1 008. */
export function calibrationPrompt(index: number): string {
  let rest = (index * STRIDE) % ALL;
  const pick = <T>(list: readonly T[]): T => {
    const found = list[rest % list.length];
    rest = Math.floor(rest / list.length);
    if (found === undefined) throw new RangeError("nothing to pick from");
    return found;
  };
  const form = pick(FORMS);
  return form(pick(WHO), pick(WHERE), pick(WHAT));
}
