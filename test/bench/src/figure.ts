import type { BenchMesh } from "./bench-mesh.js";
import type { LoadClient } from "./load-client.js";
import type { Measurement } from "./measurement.js";

/** What a figure is measured with. */
export interface Bench {
  readonly mesh: BenchMesh;
  readonly client: LoadClient;
  /** Fewer and shorter rounds: to see that a figure works, not what it is. */
  readonly isQuick: boolean;
  readonly rounds: number;
  /**
   * Runs what is measured, and keeps account of the CPU time that each part of the mesh spends on it; `unitsOf` tells
   * from the result how many of the figure's units that was for.
   */
  observed<T>(run: () => Promise<T>, unitsOf: (result: T) => number): Promise<T>;
}

/** Something that is promised of the mesh, and how it is measured. */
export interface Figure {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** What CPU time is told per: `request`, `chunk`, … */
  readonly unit: string;
  /** Rejects if an answer was wrong or a part of the mesh failed. */
  measure(bench: Bench): Promise<Measurement[]>;
}
