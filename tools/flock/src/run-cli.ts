import { CommanderError } from "commander";
import type { Action } from "./command.js";
import { Fault } from "./faults/fault.js";
import { mistakenOperand, usageFault } from "./faults/usage-fault.js";
import { hasColour, Report } from "./output/report.js";
import type { Surroundings } from "./surroundings.js";
import { asCommander } from "./tree/as-commander.js";
import { COMMANDS, DESCRIPTION, FIRST_HOUR, HELP_TOPICS } from "./tree/commands.js";
import { inTodaysNames } from "./tree/old-names.js";

/** Runs one command. Resolves to the exit code; what went wrong is on standard error. */
export async function runCli(given: readonly string[], surroundings: Surroundings): Promise<number> {
  const { out, err, terminal } = surroundings;
  if (given[0] === "complete") return completing(given.slice(1), surroundings);
  if (given[0] === "--version" || given[0] === "-V") return versionTold(surroundings);
  const { args, renamed } = inTodaysNames(asksForHelp(given));
  const isJson = isSaid(args, "--json");
  if (renamed !== undefined && !isJson)
    err(`flock ${renamed.from} is called flock ${renamed.to} now; the old name goes with the next release\n`);
  if (args.length === 0) {
    out(FIRST_HOUR);
    return 0;
  }
  let exitCode = 0;
  const program = asCommander(COMMANDS, DESCRIPTION, {
    out,
    columns: terminal.stdout ? terminal.columns : 100,
    hasColour: hasColour(surroundings, saidBehind(args, "--color"), terminal.stdout),
    run: async (spec, { args: operands, options }) => {
      const mistaken = mistakenOperand(spec, operands[0]);
      if (mistaken !== undefined) throw mistaken;
      const report = new Report(surroundings, options);
      // CAST: the table declares the options that the action reads.
      const action = (await spec.load?.()) as Action | undefined;
      const answer = await interruptible(
        async () => action?.({ args: operands, options, surroundings, report }),
        surroundings.interruption,
        report,
      );
      if (answer === undefined) return;
      report.answer(answer);
      exitCode = answer.exitCode ?? 0;
    },
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const fault = error instanceof CommanderError ? usageFault(error, args, COMMANDS) : Fault.from(error);
    // Behind the "^C" that a terminal shows.
    if (fault.code === "interrupted" && terminal.stderr && !isJson) err("\n");
    err(fault.written(isJson));
    return fault.exitCode;
  }
}

/** `flock help keys create` is `flock keys create --help`; the topics are a command of their own. */
function asksForHelp(args: readonly string[]): readonly string[] {
  const [word, topic, ...more] = args;
  if (word !== "help" || topic?.startsWith("-") === true) return args;
  if (topic === undefined) return ["--help"];
  return HELP_TOPICS.some((name) => name === topic) ? args : [topic, ...more, "--help"];
}

async function versionTold({ out }: Surroundings): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  // CAST: our own file.
  const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  out(`flock ${version}\n`);
  return 0;
}

/** Of an option that help heeds, which is printed before options are read. */
function saidBehind(args: readonly string[], flag: string): string | undefined {
  return isSaid(args, flag) ? args[args.indexOf(flag) + 1] : undefined;
}

function isSaid(args: readonly string[], flag: string): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).includes(flag);
}

/** Work that Ctrl-C ends, whatever it waits for; what was done until then is said. */
async function interruptible<T>(
  work: () => Promise<T>,
  interruption: AbortSignal,
  report: Report,
): Promise<T> {
  let onAbort = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Fault("interrupted", `interrupted: ${report.state}`));
    interruption.addEventListener("abort", onAbort);
    // It may have come while the command's code was loaded.
    if (interruption.aborted) onAbort();
  });
  try {
    return await Promise.race([work(), interrupted]);
  } finally {
    interruption.removeEventListener("abort", onAbort);
  }
}

/** What a shell asks when somebody presses Tab. Nothing that goes wrong here may be seen. */
async function completing(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { completions } = await import("./completion/completions.js");
  surroundings.out(await completions(words, surroundings).catch(() => ""));
  return 0;
}
