import { Command, InvalidArgumentError, Option } from "commander";
import type { ProfileWish } from "./observation.js";

/** Parts of the mesh that can be profiled: those that run on Node. */
const PROFILED: readonly ProfileWish["part"][] = ["api", "router", "ledger", "worker", "engine", "load"];

export interface BenchOptions {
  /** Names of figures; empty: all. */
  readonly only: readonly string[];
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly profile?: ProfileWish["part"];
}

const ROUNDS = 5;
const QUICK_ROUNDS = 2;

/** Reads the command line; prints help or a usage error and ends the process where those are called for. */
export function parseOptions(args: readonly string[], figures: readonly string[]): BenchOptions {
  const given = command(figures)
    .parse([...args], { from: "user" })
    .opts<ParsedOptions>();
  const isQuick = given.quick === true;
  return {
    only: given.only ?? [],
    isQuick,
    rounds: given.rounds ?? (isQuick ? QUICK_ROUNDS : ROUNDS),
    ...(given.profile === undefined ? {} : { profile: given.profile }),
  };
}

interface ParsedOptions {
  only?: string[];
  quick?: boolean;
  rounds?: number;
  profile?: ProfileWish["part"];
}

function command(figures: readonly string[]): Command {
  return new Command("npm run bench --")
    .description("Measures what is promised of the mesh, on a mesh of its own.")
    .addOption(new Option("--only <figures...>", "only these").choices(figures))
    .option("--quick", "fewer and shorter rounds, to see that it works")
    .option("--rounds <count>", `rounds per figure (default: ${ROUNDS})`, wholeNumber)
    .addOption(new Option("--profile <part>", "CPU profile of this part of the mesh").choices(PROFILED));
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1 to 999.");
}
