import type {
  HardwareLoad,
  HardwareWorkers,
  ModelFigures as ModelFiguresMessage,
  ModelHour,
  NetworkLoad,
  Spread as SpreadMessage,
} from "@flock/proto/public";
import type { HourOfJobs } from "../figures/job-figures.js";
import type { Spread } from "../figures/measure-sketch.js";
import type { LiveFigures, ModelDetail, ModelFigures } from "../figures/network-figures.js";
import type { ToldClass } from "../figures/told-hardware.js";
import { timestampOf } from "./proto-time.js";

/* Figures of the network, as messages. */

export function modelFiguresMessage(figures: ModelFigures): ModelFiguresMessage {
  const { workers, slots, waiting, waitMs, firstTokenMs, tokensPerSecond } = figures;
  return {
    workers: workers?.all,
    warmWorkers: workers?.warm,
    slots: slots?.all,
    busySlots: slots?.busy,
    waiting: waiting ?? undefined,
    waitMs: spreadMessage(waitMs),
    firstTokenMs: spreadMessage(firstTokenMs),
    tokensPerSecond: spreadMessage(tokensPerSecond),
  };
}

export function hardwareMessages(hardware: ModelDetail["hardware"]): HardwareWorkers[] {
  return (hardware ?? []).map(({ class: hardwareClass, workers }) => ({ hardwareClass, workers }));
}

export function hourMessage({ beganUnixMs, waitMs, firstTokenMs, tokensPerSecond }: HourOfJobs): ModelHour {
  return {
    at: timestampOf(beganUnixMs),
    waitMs: waitMs?.p50,
    firstTokenMs: firstTokenMs?.p50,
    tokensPerSecond: tokensPerSecond?.p50,
  };
}

export function networkLoadMessage(live: LiveFigures, groupMin: number): NetworkLoad {
  const { frame, rejectedWhileIdle, tokensPerSecond, jobsPerMinute } = live;
  const { totals, hardware, atUnixMs } = frame;
  const rates = totals === undefined ? {} : { tokensPerSecond, jobsPerMinute };
  return {
    asOf: timestampOf(atUnixMs),
    groupMin,
    workers: totals?.workers,
    slots: totals && totals.slots - totals.draining,
    busySlots: totals?.busy,
    waiting: totals?.waiting,
    ...rates,
    rejectedWhileIdle,
    hardware: hardware.map(hardwareLoad),
  };
}

function hardwareLoad({ class: hardwareClass, workers, slots, busy: busySlots }: ToldClass): HardwareLoad {
  return { hardwareClass, workers, slots, busySlots };
}

function spreadMessage(spread: Spread | null): SpreadMessage | undefined {
  return spread === null ? undefined : { p50: spread.p50, p90: spread.p90, count: spread.n };
}
