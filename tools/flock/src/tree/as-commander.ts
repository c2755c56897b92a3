import { Argument, Command, Option } from "commander";
import type { Call } from "../command.js";
import type { GlobalOptions } from "../global-options.js";
import { bold } from "../output/sheet.js";
import { type ArgumentSpec, type CommandSpec, GROUPS, type OptionSpec } from "./command-spec.js";
import { GLOBAL_OPTIONS, NATS_OPTIONS } from "./shared-options.js";

const COMMON = "Options of all commands:";
const MORE = "flock <command> --help tells more of each, flock help of exit codes, output and variables.";

export interface Runner {
  /** Does what was asked for. */
  readonly run: (spec: CommandSpec, asked: Pick<Call, "args"> & { options: GlobalOptions }) => Promise<void>;
  readonly out: (text: string) => void;
  readonly columns: number;
  readonly hasColour: boolean;
}

/** The parser of a command line, made of the table; none of the commands' code is loaded. */
export function asCommander(specs: readonly CommandSpec[], description: string, runner: Runner): Command {
  const program = new Command("flock").description(description).usage("<command> [options]");
  // Told below the commands, and by name in the help of each: commander would put them first, and there alone.
  for (const spec of [...GLOBAL_OPTIONS, ...NATS_OPTIONS]) program.addOption(optionOf(spec).hideHelp());
  for (const group of GROUPS) program.commandsGroup(`${group}:`);
  for (const spec of specs)
    program.addCommand(commandOf(spec, ["flock"], runner).helpGroup(`${spec.group}:`));
  program.addHelpText("after", () => `\n${COMMON}\n${commonOptions(program)}\n\n${MORE}`);
  settle(program, runner);
  return program;
}

function commandOf(spec: CommandSpec, above: readonly string[], runner: Runner): Command {
  const command = new Command(spec.name).description(spec.summary);
  const words = [...above, spec.name];
  for (const argument of spec.arguments ?? []) command.addArgument(argumentOf(argument));
  for (const option of spec.options ?? []) command.addOption(optionOf(option));
  for (const below of spec.commands ?? []) command.addCommand(commandOf(below, words, runner));
  command.allowExcessArguments(spec.passesOn === true);
  if (spec.load !== undefined)
    command.action((...parsed: unknown[]) => {
      const self = parsed.at(-1);
      if (!(self instanceof Command)) throw new TypeError("commander passes the command last");
      return runner.run(spec, { args: self.args, options: self.optsWithGlobals<GlobalOptions>() });
    });
  const isOfOperators = words[1] === "admin";
  const shown = isOfOperators ? [...NATS_OPTIONS, ...GLOBAL_OPTIONS] : GLOBAL_OPTIONS;
  const common = shown.map(({ flags }) => flags.split(" ")[0]).join(" ");
  const examples = (spec.examples ?? []).map((line) => `  ${line}`).join("\n");
  const after = [
    spec.notes,
    examples === "" ? undefined : `Examples:\n${examples}`,
    `${COMMON}\n  ${common}\n  (flock --help tells what they are)`,
  ];
  command.addHelpText("after", ({ command: self }) => {
    // An outer command's text would stand below the help of every command inside it.
    return self === command ? `\n${after.filter((part) => part !== undefined).join("\n\n")}` : "";
  });
  return command;
}

function commonOptions(program: Command): string {
  const help = program.createHelp();
  help.helpWidth = program.configureOutput().getOutHelpWidth?.() ?? 80;
  const width = Math.max(...GLOBAL_OPTIONS.map(({ flags }) => flags.length));
  return program.options
    .filter(({ flags }) => GLOBAL_OPTIONS.some((spec) => spec.flags === flags))
    .map((option) => help.formatItem(option.flags, width, help.optionDescription(option), help))
    .join("\n");
}

function argumentOf({ name, about, choices }: ArgumentSpec): Argument {
  const argument = new Argument(name, about);
  return choices === undefined ? argument : argument.choices([...choices]);
}

function optionOf(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.about);
  if (spec.default !== undefined) option.default(spec.default);
  if (spec.isRequired === true) option.makeOptionMandatory();
  if (spec.choices !== undefined) option.choices([...spec.choices]);
  if (spec.isRepeatable === true)
    option.argParser((value: string, before: readonly string[] = []) => [...before, value]);
  return option;
}

/** Has the parser throw instead of ending the process, and say nothing of errors: that is done in one place. */
function settle(command: Command, runner: Runner): void {
  command
    .exitOverride()
    .helpOption("-h, --help", "this")
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: runner.out,
      writeErr: () => {},
      getOutHelpWidth: () => runner.columns,
      getOutHasColors: () => runner.hasColour,
    })
    .configureHelp({ styleTitle: bold });
  for (const below of command.commands) settle(below, runner);
}
