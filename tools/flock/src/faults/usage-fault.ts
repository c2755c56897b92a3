import type { CommanderError } from "commander";
import { type CommandSpec, commandPaths } from "../tree/command-spec.js";
import { GLOBAL_OPTIONS } from "../tree/shared-options.js";
import { Fault } from "./fault.js";
import { nearestTo } from "./nearest.js";

/** A command line that cannot be read, with the right words for the wrong one. */
export function usageFault(
  error: CommanderError,
  args: readonly string[],
  specs: readonly CommandSpec[],
): Fault {
  const message = error.message.replace(/^error: /, "").split("\n", 1)[0] ?? "";
  const { words, spec } = reached(args, specs);
  const command = ["flock", ...words].join(" ");
  const advice = `${command} --help tells how it is used`;
  if (error.code === "commander.help")
    return new Fault(
      "usage",
      `${command} is only the name of others: ${(spec?.commands ?? specs).map(({ name }) => name).join(", ")}`,
      { advice },
    );
  if (error.code === "commander.unknownCommand" || isMistakenForArgument(error, spec)) {
    const unknown = /'([^']*)'/.exec(error.message)?.[1];
    const word = error.code === "commander.unknownCommand" ? unknown : operandAfter(args, words);
    const typed = word ?? "";
    return new Fault("usage", `${command} has no command '${typed}'`, {
      advice,
      nearest: nearestCommands(typed, words, specs),
    });
  }
  if (error.code === "commander.unknownOption") {
    const typed = /'([^']*)'/.exec(error.message)?.[1] ?? "";
    return new Fault("usage", `${command} has no option ${typed}`, {
      advice,
      nearest: nearestTo(typed, optionNames(spec)),
    });
  }
  if (error.code === "commander.invalidArgument") return invalidChoice(error, message, advice);
  return new Fault("usage", `${command}: ${message}`, { advice });
}

/** `flock withdraw lst`: a command with both arguments and subcommands takes the word for an argument. */
export function mistakenOperand(
  { name, commands = [] }: CommandSpec,
  operand: string | undefined,
): Fault | undefined {
  const near = nearestTo(
    operand ?? "",
    commands.map((below) => below.name),
  );
  if (operand === undefined || near.length === 0) return undefined;
  return new Fault("usage", `flock ${name} has no command '${operand}'`, {
    nearest: near.map((below) => `flock ${name} ${below}`),
    advice: `flock ${name} --help tells how it is used`,
  });
}

/** `flock deposit sned`: a command with subcommands and no arguments takes the word for one argument too many. */
function isMistakenForArgument(error: CommanderError, spec: CommandSpec | undefined): boolean {
  return error.code === "commander.excessArguments" && (spec?.commands?.length ?? 0) > 0;
}

function invalidChoice(error: CommanderError, message: string, advice: string): Fault {
  const typed = /(?:value|argument) '([^']*)' is invalid/.exec(error.message)?.[1] ?? "";
  const choices = /Allowed choices are ([^.]*)\./.exec(error.message)?.[1]?.split(", ") ?? [];
  return new Fault("usage", message, { advice, nearest: nearestTo(typed, choices) });
}

function optionNames(spec: CommandSpec | undefined): string[] {
  return [...(spec?.options ?? []), ...GLOBAL_OPTIONS].map(({ flags }) => flags.split(" ")[0] ?? "");
}

/** Near names below the same command, and commands elsewhere that have just this name. */
function nearestCommands(
  typed: string,
  words: readonly string[],
  specs: readonly CommandSpec[],
): readonly string[] {
  const paths = commandPaths(specs);
  const siblings = paths.filter(
    (path) =>
      path.words.length === words.length + 1 && words.every((word, index) => path.words[index] === word),
  );
  const near = nearestTo(
    typed,
    siblings.map((path) => path.words.at(-1) ?? ""),
  ).map((name) => [...words, name]);
  const elsewhere = paths.filter((path) => path.words.at(-1) === typed).map((path) => path.words);
  const found = near.length > 0 ? near : elsewhere.length > 0 ? elsewhere : anywhere(typed, paths);
  return found.slice(0, 3).map((path) => `flock ${path.join(" ")}`);
}

function anywhere(typed: string, paths: ReturnType<typeof commandPaths>): readonly (readonly string[])[] {
  const near = nearestTo(
    typed,
    paths.map(({ words }) => words.at(-1) ?? ""),
  );
  return paths.filter(({ words }) => near.includes(words.at(-1) ?? "")).map(({ words }) => words);
}

/** How far the words of a command line lead into the tree. */
function reached(args: readonly string[], specs: readonly CommandSpec[]) {
  const words: string[] = [];
  let [below, spec]: [readonly CommandSpec[], CommandSpec | undefined] = [specs, undefined];
  for (const word of args) {
    const next = below.find(({ name }) => name === word);
    if (next === undefined) continue;
    words.push(word);
    [below, spec] = [next.commands ?? [], next];
  }
  return { words, spec };
}

function operandAfter(args: readonly string[], words: readonly string[]): string | undefined {
  const last = words.at(-1);
  return args.slice(last === undefined ? 0 : args.indexOf(last) + 1).find((word) => !word.startsWith("-"));
}
