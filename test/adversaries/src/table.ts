import { quantile } from "./lives.js";
import type { Row, Scale } from "./measure.js";

/** What was measured as a table in Markdown. */
export function table(rows: readonly Row[], scale: Scale): string {
  return [
    `${scale.jobs} jobs of each were really answered and read; ${scale.lives} lives were drawn from them (seed ${scale.seed}), of at most ${scale.jobsMax} checked`,
    "jobs. *Missed* is of all places.",
    "",
    "| worker | missed | jobs to quarantine: median (p95) | to conviction: median (p95) | quarantined | p95 wanted | |",
    "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ...rows.map((row) => line(row, scale)),
  ].join("\n");
}

function line({ name, jobsMax, otherwise, checked, lives }: Row, { lives: count }: Scale): string {
  const share = (100 * checked.misses) / Math.max(1, checked.positions);
  const jobs = (all: readonly number[]) =>
    `${quantile(all, count, 0.5) ?? "never"} (${quantile(all, count, 0.95) ?? "never"})`;
  const cells = [
    name,
    `${checked.misses} of ${checked.positions} (${share.toFixed(1)} %)`,
    jobs(lives.toQuarantine),
    jobs(lives.toConviction),
    `${((100 * lives.quarantined) / count).toFixed(1)} %`,
    jobsMax === undefined ? "" : `≤ ${jobsMax}`,
    otherwise ?? (jobsMax === undefined ? "" : isReached(lives.toQuarantine, count, jobsMax)),
  ];
  return `| ${cells.join(" | ")} |`;
}

function isReached(toQuarantine: readonly number[], count: number, jobsMax: number): string {
  return (quantile(toQuarantine, count, 0.95) ?? Number.POSITIVE_INFINITY) <= jobsMax
    ? "reached"
    : "**not reached**";
}
