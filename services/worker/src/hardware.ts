import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Logger } from "@flock/observability";
import { HardwareClass, hardwareClassName, hardwareClassOf } from "@flock/proto/workers";
import { listingClient } from "@flock/runner";
import type { WorkerConfig } from "./config.js";

const PROBE_TIMEOUT_MS = 3_000;
const MIB = 1024 * 1024;
/** Cards have a little less than their name says; some drivers say a little more. */
const MIB_PER_GB = 1024 * 1.05;
/** A processor's own graphics have less, and no Ollama runs on them. */
const CARD_MIB_MIN = 2_000;
const DRM_FOLDER = "/sys/class/drm";
/** Memory that a driver cannot tell apart from the machine's. */
const ONE_MEMORY = "[N/A]";
const LOOPBACK = /^(127(\.\d+){3}|localhost|\[::1\])$/;

const GPU_CLASSES: readonly (readonly [gb: number, hardware: HardwareClass])[] = [
  [8, HardwareClass.GPU_8],
  [16, HardwareClass.GPU_16],
  [24, HardwareClass.GPU_24],
  [48, HardwareClass.GPU_48],
  [Number.POSITIVE_INFINITY, HardwareClass.GPU_MORE],
];

/** What can be seen of a machine. */
export interface MachineFacts {
  readonly platform: string;
  readonly arch: string;
  /** What `nvidia-smi` says of the memory of each card, in MiB; undefined: there is no such program. */
  readonly nvidiaMemory: string | undefined;
  /** MiB of each card of AMD's. */
  readonly amdMib: readonly number[];
  /** Ollama has a model in the memory of a graphics card. */
  readonly usesCard: boolean;
}

/** What the worker's models run on, as its owner says or as it looks; nothing is decided by it. */
export async function hardwareOf(
  { WORKER_HARDWARE: named, OLLAMA_HOST: ollama }: Pick<WorkerConfig, "WORKER_HARDWARE" | "OLLAMA_HOST">,
  logger: Logger,
): Promise<HardwareClass> {
  if (named !== "auto") return hardwareClassOf(named);
  // Of another machine nothing can be seen from here.
  if (!LOOPBACK.test(new URL(ollama).hostname)) return HardwareClass.UNSPECIFIED;
  const hardware = hardwareClassIn(await machineFacts(ollama));
  logger.info({ hardware: hardwareClassName(hardware) }, "hardware");
  return hardware;
}

export function hardwareClassIn(facts: MachineFacts): HardwareClass {
  if (facts.platform === "darwin" && facts.arch === "arm64") return HardwareClass.UNIFIED;
  const nvidia = (facts.nvidiaMemory ?? "").split("\n").map((line) => line.trim());
  if (nvidia.includes(ONE_MEMORY)) return HardwareClass.UNIFIED;
  const mibOfCards = [...nvidia.map(Number), ...facts.amdMib].filter((mib) => mib >= CARD_MIB_MIN);
  const mib = mibOfCards.reduce((sum, each) => sum + each, 0);
  if (mib === 0) return facts.usesCard ? HardwareClass.UNSPECIFIED : HardwareClass.CPU;
  return GPU_CLASSES.find(([gb]) => mib <= gb * MIB_PER_GB)?.[1] ?? HardwareClass.UNSPECIFIED;
}

async function machineFacts(ollama: string): Promise<MachineFacts> {
  const [nvidiaMemory, amdMib, usesCard] = await Promise.all([
    nvidiaSmi(),
    amdCards().catch(() => []),
    hasModelOnCard(ollama).catch(() => false),
  ]);
  return { platform: platform(), arch: arch(), nvidiaMemory, amdMib, usesCard };
}

async function nvidiaSmi(): Promise<string | undefined> {
  const query = ["--query-gpu=memory.total", "--format=csv,noheader,nounits"];
  try {
    return (await promisify(execFile)("nvidia-smi", query, { timeout: PROBE_TIMEOUT_MS })).stdout;
  } catch {
    return undefined;
  }
}

async function amdCards(): Promise<number[]> {
  const cards = (await readdir(DRM_FOLDER)).filter((name) => /^card\d+$/.test(name));
  const bytes = cards.map((card) =>
    readFile(join(DRM_FOLDER, card, "device/mem_info_vram_total"), "utf8").then(Number, () => 0),
  );
  return (await Promise.all(bytes)).map((each) => each / MIB);
}

async function hasModelOnCard(ollama: string): Promise<boolean> {
  const { models } = await listingClient(ollama).ps();
  return models.some(({ size_vram: bytes }) => bytes > 0);
}
