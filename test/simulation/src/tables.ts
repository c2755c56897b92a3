import type { CheatRow, Outcome } from "./simulate.js";

/** The outcome as tables in Markdown. */
export function tables({ scale, honest, cheats }: Outcome): string {
  const { honestWorkers, honestJobs, cheats: count, cheatJobs, seed } = scale;
  const honestRows = honest.map(({ nature, referees, watched, quarantined, convicted }) =>
    row([nature, referees, watched, quarantined, convicted].map(String)),
  );
  const cheatRows = cheats.map((cheat) => row(cheatCells(cheat)));
  return [
    `Honest: ${number(honestWorkers)} workers in each world, ${number(honestJobs)} checked jobs each. Seed ${seed}.`,
    "",
    row(["honest workers miss", "referees", "ever watched", "ever quarantined", "convicted"]),
    row(["---", "---", "---:", "---:", "---:"]),
    ...honestRows,
    "",
    `Cheats: ${number(count)} in each world, at most ${number(cheatJobs)} checked jobs each.`,
    "",
    row([
      "cheats miss",
      "referees",
      "jobs to quarantine: median (p95)",
      "to conviction: median (p95)",
      "convicted",
    ]),
    row(["---", "---", "---:", "---:", "---:"]),
    ...cheatRows,
  ].join("\n");
}

function cheatCells({ nature, referees, toQuarantine, toConviction, convicted }: CheatRow): string[] {
  const jobs = ({ median, p95 }: CheatRow["toQuarantine"]): string =>
    median === undefined ? "never" : `${median} (${p95 ?? "never"})`;
  return [nature, referees, jobs(toQuarantine), jobs(toConviction), `${(convicted * 100).toFixed(1)} %`];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}
