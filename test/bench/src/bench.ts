import { join } from "node:path";
import { CACHE_DIRECTORY } from "@flock/provision";
import { BenchMesh } from "./bench-mesh.js";
import { CpuAccount, type ProcessGroups } from "./cpu-account.js";
import { profiled } from "./cpu-profile.js";
import type { Bench, Figure } from "./figure.js";
import { LoadClient } from "./load-client.js";
import { thisMachine } from "./machine.js";
import type { BenchOptions } from "./options.js";
import { familyOf } from "./process-usage.js";
import { type BenchReport, type FigureReport, figureLines, summaryLines, writeReport } from "./report.js";

/** Reports, profiles and the mesh's data; ignored by git, safe to delete. */
const DIRECTORY = join(CACHE_DIRECTORY, "bench");

/**
 * Measures the figures on a fresh mesh, saying each as it is known, and writes the report. `stop` ends it early; what
 * it has started is ended in any case.
 * @returns false if a figure could not be measured (a wrong answer, a failed part); a missed goal is no failure.
 */
export async function runBench(
  figures: readonly Figure[],
  options: BenchOptions,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<boolean> {
  const startedAt = new Date().toISOString();
  const mesh = await BenchMesh.start(join(DIRECTORY, "mesh"), (line) => say(`  ${line}`));
  const client = await LoadClient.start();
  const reports: FigureReport[] = [];
  try {
    const stopped = new Promise<never>((_, reject) => {
      stop.addEventListener("abort", () => reject(stop.reason), { once: true });
    });
    for (const figure of figures) {
      const report = await Promise.race([measure(figure, { mesh, client }, options), stopped]);
      for (const line of figureLines(report)) say(line);
      reports.push(report);
    }
  } finally {
    await client.close();
    await mesh.close();
  }
  const { rounds, isQuick } = options;
  const report: BenchReport = { machine: thisMachine(), startedAt, rounds, isQuick, figures: reports };
  const file = join(DIRECTORY, `${startedAt.replaceAll(":", "-")}.json`);
  await writeReport(file, report);
  for (const line of [...summaryLines(report), `report: ${file}`]) say(line);
  return reports.every(({ failure }) => failure === undefined);
}

async function measure(
  figure: Figure,
  parts: Pick<Bench, "mesh" | "client">,
  options: BenchOptions,
): Promise<FigureReport> {
  const account = new CpuAccount();
  const startedMs = performance.now();
  let profile: FigureReport["profile"];
  const observed = async <T>(run: () => Promise<T>): Promise<T> => {
    const pids = parts.mesh.pids();
    const groups: ProcessGroups = {
      ...pids,
      // One process per connection; the others have no children.
      postgres: pids.postgres.flatMap(familyOf),
      "load client": [parts.client.pid],
      bench: [process.pid],
    };
    const pid = options.profile === undefined ? undefined : pids[options.profile][0];
    const accounted = () => account.during(groups, run);
    if (pid === undefined) return accounted();
    const file = join(DIRECTORY, `${figure.name}-${options.profile}.cpuprofile`);
    const { result, hottest } = await profiled(pid, file, accounted);
    profile = { file, hottest };
    return result;
  };
  const { rounds, isQuick } = options;
  const outcome = await figure
    .measure({ ...parts, rounds, isQuick, observed })
    .then((measurements) => ({ measurements }))
    .catch((error: Error) => ({ measurements: [], failure: error.message }));
  const seconds = (performance.now() - startedMs) / 1_000;
  const { name, title } = figure;
  const facts = { name, title, ...outcome, coresUsed: account.coresUsed(), seconds };
  return profile === undefined ? facts : { ...facts, profile };
}
