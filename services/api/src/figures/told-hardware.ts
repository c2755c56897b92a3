import { HARDWARE_CLASS_NAMES, OTHER_HARDWARE } from "@flock/proto/workers";
import { isTold } from "./group-min.js";

/** How many workers of a class there are, and what they do. */
export interface ClassCounts {
  readonly workers: number;
  readonly slots: number;
  /** Jobs that run at them. */
  readonly busy: number;
}

export interface ToldClass extends ClassCounts {
  readonly class: string;
}

const NONE: ClassCounts = { workers: 0, slots: 0, busy: 0 };

/**
 * The classes with workers in them. Those with fewer than `groupMin` join `other`; if that still has too few, the
 * smallest of the rest does, too: else whoever adds up the classes would know it.
 */
export function toldClasses(classes: ReadonlyMap<string, ClassCounts>, groupMin: number): ToldClass[] {
  const told = new Map(classes);
  let other = told.get(OTHER_HARDWARE) ?? NONE;
  told.delete(OTHER_HARDWARE);
  const join = (name: string, { workers, slots, busy }: ClassCounts): void => {
    told.delete(name);
    other = { workers: other.workers + workers, slots: other.slots + slots, busy: other.busy + busy };
  };
  // A class that has just lost its last worker may still have jobs.
  for (const [name, counts] of classes)
    if (name !== OTHER_HARDWARE && counts.workers < groupMin) join(name, counts);
  while (!isTold(other.workers, groupMin) || (other.workers === 0 && other.busy > 0)) {
    const [smallest] = [...told].sort(([, a], [, b]) => a.workers - b.workers);
    if (smallest === undefined) break;
    join(...smallest);
  }
  if (other.workers > 0) told.set(OTHER_HARDWARE, other);
  return HARDWARE_CLASS_NAMES.flatMap((name) => {
    const counts = told.get(name);
    return counts === undefined ? [] : [{ class: name, ...counts }];
  });
}
