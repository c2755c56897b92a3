import { HardwareClass } from "./gen/flock/workers/v1/workers.js";

const NAMES: ReadonlyMap<string, HardwareClass> = new Map([
  ["cpu", HardwareClass.CPU],
  ["gpu-8", HardwareClass.GPU_8],
  ["gpu-16", HardwareClass.GPU_16],
  ["gpu-24", HardwareClass.GPU_24],
  ["gpu-48", HardwareClass.GPU_48],
  ["gpu-more", HardwareClass.GPU_MORE],
  ["unified", HardwareClass.UNIFIED],
]);

/** What is not known, or is none of the others. */
export const OTHER_HARDWARE = "other";

/** Classes of hardware as people read them, in the order in which they are listed. */
export const HARDWARE_CLASS_NAMES: readonly string[] = [...NAMES.keys(), OTHER_HARDWARE];

const BY_CLASS = new Map([...NAMES].map(([name, hardware]) => [hardware, name]));

export function hardwareClassName(hardware: HardwareClass): string {
  return BY_CLASS.get(hardware) ?? OTHER_HARDWARE;
}

export function hardwareClassOf(name: string): HardwareClass {
  return NAMES.get(name) ?? HardwareClass.UNSPECIFIED;
}
