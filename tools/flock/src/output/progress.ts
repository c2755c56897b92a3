/** So long nothing is said: most work is done by then. */
const FIRST_AFTER_MS = 250;
const REPAINT_MS = 200;
/** Where lines stay, there are few of them. */
const LINE_EVERY_MS = 10_000;
const CLEAR_LINE = "\r\u001b[K";

interface Place {
  readonly what: string;
  readonly isTerminal: boolean;
  readonly columns: number;
}

/** Tells on a terminal what is being done and for how long, in one line that goes away; elsewhere every ten seconds. */
export async function progressing<T>(
  { what, isTerminal, columns }: Place,
  err: (text: string) => void,
  work: (tell: (detail: string) => void) => Promise<T>,
): Promise<T> {
  const beganAtMs = performance.now();
  let detail = "";
  let isShown = false;
  const line = () => {
    const seconds = Math.floor((performance.now() - beganAtMs) / 1_000);
    return `… ${what}${detail === "" ? "" : `: ${detail}`}, ${seconds} s`;
  };
  const paint = () => {
    isShown = true;
    err(`${CLEAR_LINE}${line().slice(0, Math.max(10, columns - 1))}`);
  };
  let repaint: NodeJS.Timeout | undefined;
  const first = isTerminal
    ? setTimeout(() => {
        paint();
        repaint = setInterval(paint, REPAINT_MS);
      }, FIRST_AFTER_MS)
    : setInterval(() => err(`${line()}\n`), LINE_EVERY_MS);
  try {
    return await work((told) => {
      detail = told;
    });
  } finally {
    clearTimeout(first);
    clearInterval(repaint);
    if (isShown) err(CLEAR_LINE);
  }
}
