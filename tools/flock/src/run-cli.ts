import { Command, CommanderError } from "commander";
import { accessCommand } from "./commands/access.js";
import { accountCommands } from "./commands/account.js";
import { depositCommands } from "./commands/deposit.js";
import { epochsCommand } from "./commands/epochs.js";
import { jobsCommand } from "./commands/jobs.js";
import { keysCommand } from "./commands/keys.js";
import { networkCommands } from "./commands/network.js";
import { ownAccountCommands } from "./commands/own-account.js";
import { reservesCommand } from "./commands/reserves.js";
import { stakeCommands } from "./commands/stake.js";
import { treasuryCommand } from "./commands/treasury.js";
import { usageCommand } from "./commands/usage.js";
import { walletCommand } from "./commands/wallet.js";
import { withdrawCommands } from "./commands/withdraw.js";
import { workerCommand } from "./commands/worker.js";
import type { Surroundings } from "./surroundings.js";

const DESCRIPTION = `Looks after a FlockOllamas mesh (API keys, accounts, models, workers, the treasury), and after the
money of a Solana wallet in it.

The mesh is found by --nats-url, else NATS_URL, its API by --api-url, else FLOCK_API_URL; else by the local.json that
"npm start" keeps in its data directory. The wallet is the key file named by --wallet, else FLOCK_WALLET, else the demo
wallet of a local mesh.`;

/** Runs one command. Resolves to the exit code: 0, or 1 with one line on standard error. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const program = new Command("flock")
    .description(DESCRIPTION)
    .option("--nats-url <url>", "NATS server of the mesh")
    .option("--nats-credentials <file>", "what that server is shown (a .creds file)")
    .option("--api-url <url>", "HTTP API of the mesh")
    .option("--wallet <file>", "key file of the wallet, as the Solana tools write it")
    .option("--data-dir <directory>", "data directory of a local mesh", ".flock")
    .option("--json", "print JSON");
  program.addCommand(keysCommand(surroundings));
  for (const command of accountCommands(surroundings)) program.addCommand(command);
  for (const command of networkCommands(surroundings)) program.addCommand(command);
  program.addCommand(workerCommand(surroundings));
  program.addCommand(treasuryCommand(surroundings));
  program.addCommand(accessCommand(surroundings));
  program.addCommand(walletCommand(surroundings));
  for (const command of ownAccountCommands(surroundings)) program.addCommand(command);
  program.addCommand(usageCommand(surroundings));
  program.addCommand(jobsCommand(surroundings));
  for (const command of depositCommands(surroundings)) program.addCommand(command);
  for (const command of withdrawCommands(surroundings)) program.addCommand(command);
  for (const command of stakeCommands(surroundings)) program.addCommand(command);
  program.addCommand(epochsCommand(surroundings));
  program.addCommand(reservesCommand(surroundings));
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
