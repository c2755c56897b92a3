/*
 * What a word on a command line may become, by @bomb.sh/tab and the table of commands. Nothing of the commands is
 * loaded, and the network is asked for names only where one is wanted, for a moment at most.
 */
import { type Complete, type Command as Line, RootCommand } from "@bomb.sh/tab";
import type { Surroundings } from "../surroundings.js";
import {
  type ArgumentSpec,
  type CommandSpec,
  commandPaths,
  type Names,
  type OptionSpec,
} from "../tree/command-spec.js";
import { COMMANDS } from "../tree/commands.js";
import { GLOBAL_OPTIONS, NATS_OPTIONS } from "../tree/shared-options.js";
import { namesOf } from "./names.js";
import { printedBy } from "./printed.js";

/**
 * Names come from strangers, and shells expand what they are given: a model that is called "$(…)" must never reach one.
 */
const HARMLESS = /^[\w./:@+-]{1,200}$/;

type NameSource = (kind: Names) => readonly string[];

/**
 * @param words what was typed behind `flock`, behind a `--`; the last one is being typed
 * @returns lines for tab's scripts
 */
export async function completions(
  words: readonly string[],
  surroundings: Surroundings,
  timeoutMs?: number,
): Promise<string> {
  const typed = words[0] === "--" ? words.slice(1) : words;
  const wanted = new Set<Names>();
  const lines = parsed(typed, (kind) => {
    wanted.add(kind);
    return [];
  });
  const [kind] = wanted;
  if (kind === undefined) return lines;
  const names = (await namesOf(kind, typed, surroundings, timeoutMs)).filter((name) => HARMLESS.test(name));
  return parsed(typed, () => names);
}

function parsed(typed: readonly string[], source: NameSource): string {
  const root = new RootCommand();
  addOptions(root, GLOBAL_OPTIONS, source);
  for (const { words, spec } of commandPaths(COMMANDS)) {
    const line = root.command(words.join(" "), spec.summary);
    addArguments(line, spec, source);
    const common = words[0] === "admin" ? [...GLOBAL_OPTIONS, ...NATS_OPTIONS] : GLOBAL_OPTIONS;
    addOptions(line, [...(spec.options ?? []), ...common], source);
  }
  return printedBy(() => root.parse([...typed]));
}

function addArguments(line: Line, spec: CommandSpec, source: NameSource): void {
  for (const argument of spec.arguments ?? [])
    line.argument(argument.name, handlerOf(argument, source), argument.name.includes("..."));
}

function addOptions(line: Line, options: readonly OptionSpec[], source: NameSource): void {
  for (const option of options) {
    const [flag = "", value] = option.flags.split(" ");
    const name = flag.replace(/^--/, "");
    if (value === undefined) line.option(name, option.about);
    else line.option(name, option.about, handlerOf(option, source));
  }
}

function handlerOf({ choices, names }: Pick<ArgumentSpec, "choices" | "names">, source: NameSource) {
  return (complete: Complete): void => {
    const known = choices ?? (names === undefined ? [] : source(names));
    for (const each of known) complete(each, "");
  };
}
