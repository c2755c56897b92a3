import { type ParseArgsConfig, parseArgs } from "node:util";
import { FlockError } from "@flock/errors";
import { CONTROL_VERBS, type ControlVerb } from "../control.js";
import { DEFAULT_HEALTH_PORT } from "./surroundings.js";

interface Option {
  /** What `--help` shows for its value. */
  readonly value: string;
  readonly meaning: string;
  /** The service's variable that it sets. */
  readonly variable: string;
}

/** A thin layer over the service's variables: each option sets one. */
const OPTIONS: Readonly<Record<string, Option>> = {
  api: { value: "url", meaning: "the network's API, where the worker enrols", variable: "WORKER_API_URL" },
  ollama: {
    value: "url",
    meaning: "the Ollama that does the work; default: http://127.0.0.1:11434",
    variable: "OLLAMA_HOST",
  },
  slots: {
    value: "n",
    meaning: "jobs at once, as many as Ollama runs in parallel; default: 1",
    variable: "WORKER_SLOTS",
  },
  hardware: {
    value: "class",
    meaning: "what models run on, for the network's figures; default: it looks",
    variable: "WORKER_HARDWARE",
  },
  "context-length": {
    value: "tokens",
    meaning: "context of models whose Modelfile sets none; default: 4096",
    variable: "WORKER_CONTEXT_LENGTH",
  },
  "key-file": {
    value: "file",
    meaning: "its wallet, a Solana key file; made if there is none",
    variable: "WORKER_KEY_FILE",
  },
  payout: {
    value: "address",
    meaning: "the wallet that is paid; default: the worker's own",
    variable: "WORKER_PAYOUT",
  },
  wallet: {
    value: "address",
    meaning: "a wallet whose key is elsewhere (a hardware wallet)",
    variable: "WORKER_WALLET",
  },
  enrolment: {
    value: "file",
    meaning: "with --wallet: the worker's own key, and what the wallet has signed",
    variable: "WORKER_ENROLMENT_FILE",
  },
  "health-port": {
    value: "port",
    meaning: `where it is controlled and measured, for this machine alone; default: ${DEFAULT_HEALTH_PORT}`,
    variable: "HEALTH_PORT",
  },
};

const FLAGS = {
  signature: { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

export type Command = "run" | "help" | "version" | "enrol" | ControlVerb;

export interface Arguments {
  readonly command: Command;
  /** The variables that the options set. */
  readonly variables: Readonly<Record<string, string>>;
  /** By the wallet, of `enrol`. */
  readonly signature?: string;
}

/** @throws FlockError `invalid_argument` */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  const [name, ...rest] = positionals;
  if (rest.length > 0) throw new FlockError("invalid_argument", `one command at a time, not ${rest[0]}, too`);
  const variables: Record<string, string> = {};
  for (const [option, { variable }] of Object.entries(OPTIONS)) {
    const value = values[option];
    if (value === "") throw new FlockError("invalid_argument", `--${option} is empty`);
    if (typeof value === "string") variables[variable] = value;
  }
  const command = commandOf(name, values);
  const { signature } = values;
  if (typeof signature !== "string") return { command, variables };
  if (command !== "enrol")
    throw new FlockError("invalid_argument", "--signature belongs to flock-worker enrol");
  return { command, variables, signature };
}

function commandOf(name: string | undefined, values: ReturnType<typeof parse>["values"]): Command {
  if (values["help"] === true || name === "help") return "help";
  if (values["version"] === true || name === "version") return "version";
  if (name === undefined || name === "run") return "run";
  if (name === "enrol") return "enrol";
  if (Object.hasOwn(CONTROL_VERBS, name)) return name as ControlVerb;
  throw new FlockError("invalid_argument", `there is no command ${name}`);
}

function parse(args: readonly string[]) {
  const options: NonNullable<ParseArgsConfig["options"]> = { ...FLAGS };
  for (const option of Object.keys(OPTIONS)) options[option] = { type: "string" };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    // It tells which option, and what is wrong with it; the second sentence advises what nobody wants.
    const [message = ""] = (cause as Error).message.split(". ");
    throw new FlockError("invalid_argument", message, { cause });
  }
}

/** A fault of the configuration, in the words of whoever has used options. */
export function inOptions(message: string, used: Arguments["variables"]): string {
  let text = message;
  for (const [option, { variable }] of Object.entries(OPTIONS))
    if (variable in used) text = text.replaceAll(new RegExp(`\\b${variable}\\b`, "g"), `--${option}`);
  return text;
}

export const HELP = `flock-worker: your Ollama works for a FlockOllamas network, and earns LLAMA.

${lines([
  ["flock-worker --api <url>", "joins, and works until Ctrl-C"],
  ...Object.entries(CONTROL_VERBS).map(([verb, meaning]) => [`flock-worker ${verb}`, meaning] as const),
  ["flock-worker enrol", "prints what a hardware wallet is to sign, with --api and --wallet"],
])}
Options:
${lines([
  ...Object.entries(OPTIONS).map(
    ([option, { value, meaning }]) => [`--${option} <${value}>`, meaning] as const,
  ),
  ["--signature <base58>", "of enrol: what the wallet has signed that text with"],
  ["-h, --help", "this"],
  ["-v, --version", "which version this is"],
])}
Each option is a variable, too: --slots 2 is WORKER_SLOTS=2. The README lists these and more.
`;

function lines(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("");
}
