/*
 * What is known of a command before any of its code is loaded: enough for help, completion and to read its arguments.
 */
import type { Action } from "../command.js";

/** The groups of `flock --help`, in their order. */
export const GROUPS = [
  "On this machine",
  "Use the network",
  "Money",
  "Provide",
  "Check what the network says",
  "The command itself",
  "For operators",
] as const;

/** Names that only the network, or this machine, can complete. */
export type Names = "models" | "keys" | "contexts";

export interface ArgumentSpec {
  /** `<needed>` or `[optional]`. */
  readonly name: string;
  readonly about: string;
  readonly choices?: readonly string[];
  readonly names?: Names;
}

export interface OptionSpec {
  /** As commander reads it: `--limit <n>`. */
  readonly flags: string;
  readonly about: string;
  readonly default?: string;
  readonly isRequired?: boolean;
  /** It may be said several times; its value is then a list. */
  readonly isRepeatable?: boolean;
  readonly choices?: readonly string[];
  readonly names?: Names;
}

export interface CommandSpec {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  readonly group?: (typeof GROUPS)[number];
  /** Whole command lines. A command that does something has one at least. */
  readonly examples?: readonly string[];
  /** Paragraphs between the options and the examples of its help. */
  readonly notes?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** With `--json`: `stream` prints a line for each event and exactly one last `result`; default: one document. */
  readonly output?: "stream";
  /** What it is given behind `--` goes to another program. */
  readonly passesOn?: boolean;
  /** Brings its code. Absent: it is only the name of its subcommands. */
  readonly load?: () => Promise<Action<never>>;
  readonly commands?: readonly CommandSpec[];
}

/** A command with all the words that lead to it. */
export interface CommandPath {
  readonly words: readonly string[];
  readonly spec: CommandSpec;
}

/** Every command below, in the order of the tree. */
export function commandPaths(specs: readonly CommandSpec[], above: readonly string[] = []): CommandPath[] {
  return specs.flatMap((spec) => {
    const words = [...above, spec.name];
    return [{ words, spec }, ...commandPaths(spec.commands ?? [], words)];
  });
}
