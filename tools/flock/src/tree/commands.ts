/*
 * The table of all commands. It holds no code: that of a command is loaded when it is run, so help and completion are
 * quick. `flock --help` prints them in this order.
 */
import { ADMIN_COMMANDS } from "./admin-commands.js";
import { CHECK_COMMANDS } from "./check-commands.js";
import { CLIENT_COMMANDS } from "./client-commands.js";
import type { CommandSpec } from "./command-spec.js";
import { MACHINE_COMMANDS } from "./machine-commands.js";
import { MONEY_COMMANDS } from "./money-commands.js";
import { OWN_COMMANDS } from "./own-commands.js";
import { WORKER_COMMANDS } from "./worker-commands.js";

export { HELP_TOPICS } from "./own-commands.js";

export const DESCRIPTION =
  "Works with a FlockOllamas network: runs one on this machine, chats with its models, and looks after keys, LLAMA and workers.";

export const COMMANDS: readonly CommandSpec[] = [
  ...MACHINE_COMMANDS,
  ...CLIENT_COMMANDS,
  ...MONEY_COMMANDS,
  ...WORKER_COMMANDS,
  ...CHECK_COMMANDS,
  ...OWN_COMMANDS,
  ...ADMIN_COMMANDS,
];

/** What `flock` alone says. */
export const FIRST_HOUR = `flock works with a FlockOllamas network. For the first hour:

  flock up                a whole network on this machine, until Ctrl-C
  flock models            what can be asked, and what it costs
  flock run MODEL PROMPT  one answer; standard input is a prompt, too
  flock chat              a conversation
  flock keys create       an API key for your own programs
  flock doctor            what is wrong here, and what helps

flock --help lists all commands, flock <command> --help tells more of one.
`;
