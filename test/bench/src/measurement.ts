import { median } from "./statistics.js";

/** What is asked of a figure. */
export interface Goal {
  readonly comparison: "at least" | "at most";
  readonly value: number;
}

export function atLeast(value: number): Goal {
  return { comparison: "at least", value };
}

export function atMost(value: number): Goal {
  return { comparison: "at most", value };
}

/** One figure: the median of its rounds, beside what is asked of it. */
export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Absent: told for information. */
  readonly goal?: Goal;
  readonly rounds: readonly number[];
}

/** The median of the rounds as a measurement. */
export function measured(name: string, unit: string, rounds: readonly number[], goal?: Goal): Measurement {
  return { name, unit, value: median(rounds), rounds, ...(goal === undefined ? {} : { goal }) };
}

/** One value of every round. */
export function each<K extends string>(rounds: readonly Readonly<Record<K, number>>[], name: K): number[] {
  return rounds.map((round) => round[name]);
}

/** Whether a measurement is as good as asked; true without a goal. */
export function isReached({ value, goal }: Measurement): boolean {
  if (goal === undefined) return true;
  return goal.comparison === "at least" ? value >= goal.value : value <= goal.value;
}
