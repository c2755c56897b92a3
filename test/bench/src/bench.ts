import { join } from "node:path";
import { CACHE_DIRECTORY } from "@flock/provision";
import { BenchMesh } from "./bench-mesh.js";
import type { Bench, Figure } from "./figure.js";
import { LoadClient } from "./load-client.js";
import { thisMachine } from "./machine.js";
import { Observation } from "./observation.js";
import type { BenchOptions } from "./options.js";
import { type BenchReport, type FigureReport, figureLines, summaryLines, writeReport } from "./report.js";

/** Reports, profiles and the mesh's data; ignored by git, safe to delete. */
const DIRECTORY = join(CACHE_DIRECTORY, "bench");

type Say = (line: string) => void;

/**
 * Measures the figures on a fresh mesh, saying each as it is known, and writes the report. `stop` ends it early; what
 * it has started is ended in any case.
 * @returns false if a figure could not be measured (a wrong answer, a failed part); a missed goal is no failure.
 */
export async function runBench(
  figures: readonly Figure[],
  options: BenchOptions,
  say: Say,
  stop: AbortSignal,
): Promise<boolean> {
  const startedAt = new Date().toISOString();
  const reports = await onFreshMesh(say, (parts) => measureAll(figures, parts, options, say, stop));
  const { rounds, isQuick } = options;
  const report: BenchReport = { machine: thisMachine(), startedAt, rounds, isQuick, figures: reports };
  const file = join(DIRECTORY, `${startedAt.replaceAll(":", "-")}.json`);
  await writeReport(file, report);
  for (const line of [...summaryLines(report), `report: ${file}`]) say(line);
  return reports.every(({ failure }) => failure === undefined);
}

type Parts = Pick<Bench, "mesh" | "client">;

async function onFreshMesh<T>(say: Say, use: (parts: Parts) => Promise<T>): Promise<T> {
  const client = await LoadClient.start();
  try {
    const mesh = await BenchMesh.start(join(DIRECTORY, "mesh"), say);
    try {
      return await use({ mesh, client });
    } finally {
      await mesh.close();
    }
  } finally {
    await client.close();
  }
}

async function measureAll(
  figures: readonly Figure[],
  parts: Parts,
  options: BenchOptions,
  say: Say,
  stop: AbortSignal,
): Promise<FigureReport[]> {
  const stopped = new Promise<never>((_, reject) => {
    stop.addEventListener("abort", () => reject(stop.reason), { once: true });
  });
  stopped.catch(() => {}); // Whoever races with it is told.
  const reports: FigureReport[] = [];
  for (const figure of figures) {
    const report = await Promise.race([measure(figure, parts, options), stopped]);
    for (const line of figureLines(report)) say(line);
    reports.push(report);
  }
  return reports;
}

async function measure(figure: Figure, parts: Parts, options: BenchOptions): Promise<FigureReport> {
  const { name, title, unit } = figure;
  const { rounds, isQuick, profile: part } = options;
  const file = join(DIRECTORY, `${name}-${part}.cpuprofile`);
  const observation = new Observation(parts, part === undefined ? undefined : { part, file });
  const startedMs = performance.now();
  const observed: Bench["observed"] = (run, unitsOf) => observation.during(run, unitsOf);
  const outcome = await figure
    .measure({ ...parts, rounds, isQuick, observed })
    .then((measurements) => ({ measurements }))
    .catch((error: Error) => ({ measurements: [], failure: error.message }));
  const seconds = (performance.now() - startedMs) / 1_000;
  const { cpu, profile } = observation;
  const report = { name, title, unit, ...outcome, cpu, seconds };
  return profile === undefined ? report : { ...report, profile };
}
