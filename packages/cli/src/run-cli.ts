import { Command, CommanderError } from "commander";
import { accountCommands } from "./commands/account.js";
import { keysCommand } from "./commands/keys.js";
import { networkCommands } from "./commands/network.js";
import { workerCommand } from "./commands/worker.js";
import type { Surroundings } from "./surroundings.js";

const DESCRIPTION = `Looks after a FlockOllamas mesh: API keys, accounts, models, workers.

The mesh is found by --nats-url, else NATS_URL, else the local.json that "npm start" keeps in its data directory.`;

/** Runs one command. Resolves to the exit code: 0, or 1 with one line on standard error. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const program = new Command("flock")
    .description(DESCRIPTION)
    .option("--nats-url <url>", "NATS server of the mesh")
    .option("--data-dir <directory>", "data directory of a local mesh", ".flock")
    .option("--json", "print JSON");
  program.addCommand(keysCommand(surroundings));
  for (const command of accountCommands(surroundings)) program.addCommand(command);
  for (const command of networkCommands(surroundings)) program.addCommand(command);
  program.addCommand(workerCommand(surroundings));
  quiet(program, surroundings);
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    const message = error instanceof Error ? error.message : String(error);
    surroundings.err(`flock: ${message.replace(/\s*\n\s*/g, " ")}\n`);
    return 1;
  }
}

/** Makes the parser throw instead of ending the process, and write where it is told to; for subcommands, too. */
function quiet(command: Command, { out, err }: Pick<Surroundings, "out" | "err">): void {
  command.exitOverride().showHelpAfterError("(see --help)").configureOutput({ writeOut: out, writeErr: err });
  for (const subcommand of command.commands) quiet(subcommand, { out, err });
}
