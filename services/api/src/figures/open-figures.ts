import type { CatalogueView, Mesh, Part, Runtime } from "@flock/mesh";
import type { ApiMetrics } from "../metrics.js";
import { AnswerMeter } from "./answer-meter.js";
import { EndedJobs } from "./ended-jobs.js";
import { HeardLoads } from "./heard-loads.js";
import { JobFigures } from "./job-figures.js";
import { LiveFeed, type LiveForm } from "./live-feed.js";
import { LiveFrames } from "./live-frames.js";
import { NetworkFigures } from "./network-figures.js";

/** What is told of the network, and what it is made of. */
export interface OpenFigures {
  /** Counts what clients are given. */
  readonly meter: AnswerMeter;
  readonly figures: NetworkFigures;
  readonly live: LiveFeed;
  readonly parts: readonly Part[];
}

export interface FiguresSettings {
  /** The smallest group of workers or jobs that is told of. */
  readonly groupMin: number;
  readonly liveConnectionsMax: number;
  readonly liveConnectionsPerClientMax: number;
}

export interface FiguresSources {
  readonly mesh: Mesh;
  readonly catalogue: CatalogueView;
  readonly metrics: ApiMetrics;
  readonly form: LiveForm;
}

export function openFigures(
  settings: FiguresSettings,
  { clock }: Pick<Runtime, "clock">,
  { mesh, catalogue, metrics, form }: FiguresSources,
): OpenFigures {
  const { groupMin } = settings;
  const meter = new AnswerMeter();
  const loads = new HeardLoads(mesh, meter, clock);
  const jobs = new JobFigures(groupMin);
  const ended = new EndedJobs(mesh, jobs, clock);
  const frames = new LiveFrames({ catalogue, loads, groupMin, clock, metrics });
  return {
    meter,
    figures: new NetworkFigures({ catalogue, frames, jobs, ended, groupMin, clock }),
    live: new LiveFeed({
      ...{ frames, form, metrics },
      connectionsMax: settings.liveConnectionsMax,
      connectionsPerClientMax: settings.liveConnectionsPerClientMax,
    }),
    parts: [loads, ended, frames],
  };
}
