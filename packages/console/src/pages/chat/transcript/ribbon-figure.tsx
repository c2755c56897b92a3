import { formatDuration } from "../../../format/duration.js";
import { drawnTicks, longestGapMs, TICK_MS } from "../answering/ribbon.js";
import type { Answer } from "../conversation/turns.js";
import styles from "./transcript.module.css";

const HEIGHT = 28;
const STEP = 3;
const TOLD_GAP_MS = 500;

/**
 * The token ribbon: a tick for each tenth of a second, as high as the pieces of text that came in it. The wait is the
 * line before the first one.
 */
export function RibbonFigure({ answer }: { readonly answer: Answer }) {
  const { ribbon, facts } = answer;
  if (ribbon.length === 0) return null;
  const { ticks, tickMs } = drawnTicks(ribbon);
  const highest = Math.max(...ticks);
  const width = Math.max(ticks.length * STEP, 60);
  const path = ticks
    .map((count, at) => {
      const height = count === 0 ? 1 : Math.max(3, Math.round((count / highest) * (HEIGHT - 2)));
      return `M${at * STEP} ${HEIGHT - height}h2v${height}h-2z`;
    })
    .join("");
  return (
    <figure className={styles["ribbon"]}>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        style={{ width: `min(100%, ${width}px)` }}
        height={HEIGHT}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Text by time, a tick for ${formatDuration(tickMs)}`}
      >
        <path d={path} />
      </svg>
      <figcaption>{ribbonWords(ribbon, facts.firstTokenMs, facts.resumes)}</figcaption>
    </figure>
  );
}

function ribbonWords(ribbon: readonly number[], firstTokenMs: number | null, resumes: number): string {
  const first = firstTokenMs === null ? "" : `First text after ${formatDuration(firstTokenMs)}, `;
  const gap = longestGapMs(ribbon);
  const gaps =
    gap < TOLD_GAP_MS
      ? "no long gap"
      : `longest gap ${formatDuration(gap)}${resumes > 0 ? ", where a worker was lost" : ""}`;
  return `${first}all after ${formatDuration(ribbon.length * TICK_MS)}; ${gaps}.`;
}
