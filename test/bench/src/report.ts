import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { CpuSpent } from "./cpu-account.js";
import { describeMachine, type Machine } from "./machine.js";
import { isReached, type Measurement } from "./measurement.js";
import type { TakenProfile } from "./observation.js";

/** What came of one figure. */
export interface FigureReport {
  readonly name: string;
  readonly title: string;
  readonly measurements: readonly Measurement[];
  readonly unit: string;
  readonly cpu: CpuSpent;
  readonly seconds: number;
  /** Why there are no measurements: a wrong answer, or a part of the mesh that failed. */
  readonly failure?: string;
  readonly profile?: TakenProfile;
}

export interface BenchReport {
  readonly machine: Machine;
  readonly startedAt: string;
  readonly rounds: number;
  readonly isQuick: boolean;
  readonly figures: readonly FigureReport[];
}

/** Writes the report as JSON, to be compared with others. */
export async function writeReport(file: string, report: BenchReport): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** A figure's lines: each measurement with its goal and what came of it, then where the CPU time went. */
export function figureLines(report: FigureReport): string[] {
  const lines = [`${report.title} (${report.seconds.toFixed(0)} s)`];
  if (report.failure !== undefined) lines.push(`  FAILED  ${report.failure}`);
  lines.push(...report.measurements.map(measurementLine));
  const { cores, usPerUnit } = report.cpu;
  if (Object.keys(cores).length > 0) {
    lines.push(`          cores used: ${greatestFirst(cores, (used) => used.toFixed(2))}`);
    lines.push(`          CPU µs per ${report.unit}: ${greatestFirst(usPerUnit, rounded)}`);
  }
  if (report.profile !== undefined) {
    lines.push(`          profile (it slows what it looks at): ${report.profile.file}`);
    for (const { where, share } of report.profile.hottest)
      lines.push(`          ${percent(share)}  ${where}`);
  }
  return lines;
}

/** The goals, one line each, and how many were missed. */
export function summaryLines({ machine, rounds, isQuick, figures }: BenchReport): string[] {
  const goals = figures.flatMap(({ measurements }) => measurements.filter(({ goal }) => goal !== undefined));
  const missed = goals.filter((measurement) => !isReached(measurement)).length;
  const failed = figures.filter(({ failure }) => failure !== undefined).length;
  return [
    `${describeMachine(machine)}; medians of ${rounds} rounds${isQuick ? ", quick: figures are rough" : ""}`,
    `${goals.length - missed} of ${goals.length} goals reached${failed > 0 ? `, ${failed} figures FAILED` : ""}`,
  ];
}

function measurementLine(measurement: Measurement): string {
  const { name, unit, value, goal, rounds } = measurement;
  const verdict = goal === undefined ? "" : isReached(measurement) ? "pass" : "MISSED";
  const asked = goal === undefined ? "" : `  (${goal.comparison} ${rounded(goal.value)})`;
  const spread = `${rounded(Math.min(...rounds))} .. ${rounded(Math.max(...rounds))}`;
  return `  ${verdict.padEnd(6)}  ${name.padEnd(40)} ${`${rounded(value)} ${unit}`.padStart(18)}${asked}  [${spread}]`;
}

function greatestFirst(values: Readonly<Record<string, number>>, format: (value: number) => string): string {
  const entries = Object.entries(values).sort((one, other) => other[1] - one[1]);
  const total = entries.reduce((sum, [, value]) => sum + value, 0);
  return [...entries, ["together", total] as const]
    .map(([name, value]) => `${name} ${format(value)}`)
    .join(", ");
}

function rounded(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US").replaceAll(",", " ") : value.toPrecision(3);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`.padStart(7);
}
