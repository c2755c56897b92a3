import type { CheatRow, Outcome } from "./simulate.js";
import { REFEREES } from "./worlds.js";

const WIDTH = 760;
const HEIGHT = 340;
const LEFT = 46;
const RIGHT = 200;
const TOP = 16;
const BOTTOM = 40;
/** Readable on white and on black. */
const COLOURS = [
  "#c2410c",
  "#b45309",
  "#4d7c0f",
  "#0f766e",
  "#0369a1",
  "#6d28d9",
  "#be185d",
  "#57534e",
] as const;
/** One colour a line. */
const LINES_MAX = COLOURS.length;

/** Part of the cheats in quarantine by the number of their checked jobs, with honest referees, as SVG. */
export function picture({ cheats }: Outcome): string {
  const shown = cheats.filter(({ referees }) => referees === REFEREES[0]?.name).slice(0, LINES_MAX);
  const lines = shown.map((cheat, index) => lineOf(cheat, index));
  const legend = shown.map(
    ({ nature }, index) =>
      `<text x="${WIDTH - RIGHT + 16}" y="${TOP + 12 + index * 20}" fill="${colour(index)}">${escaped(nature)}</text>`,
  );
  const jobs = (shown[0]?.curve.length ?? 1) - 1;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"`,
    ` aria-label="How many cheats are in quarantine after how many checked jobs" font-family="sans-serif" font-size="12">`,
    ...gridOf(jobs),
    ...lines,
    ...legend,
    `<text x="${LEFT}" y="${HEIGHT - 6}" fill="#78716c">checked jobs</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function gridOf(jobs: number): string[] {
  const shares = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const y = yOf(share);
    return `<path d="M${LEFT} ${y}H${WIDTH - RIGHT}" stroke="#a8a29e" stroke-opacity=".4"/><text x="6" y="${y + 4}" fill="#78716c">${share * 100} %</text>`;
  });
  const marks = Array.from({ length: jobs / 10 + 1 }, (_, index) => {
    const job = index * 10;
    return `<text x="${xOf(job, jobs) - 6}" y="${HEIGHT - BOTTOM + 18}" fill="#78716c">${job}</text>`;
  });
  return [...shares, ...marks];
}

function lineOf({ curve }: CheatRow, index: number): string {
  const jobs = curve.length - 1;
  const points = curve.map((share, job) => `${xOf(job, jobs)} ${yOf(share)}`);
  return `<path d="M${points.join("L")}" fill="none" stroke="${colour(index)}" stroke-width="2"/>`;
}

function xOf(job: number, jobs: number): number {
  return rounded(LEFT + ((WIDTH - LEFT - RIGHT) * job) / jobs);
}

function yOf(share: number): number {
  return rounded(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? COLOURS[0];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
