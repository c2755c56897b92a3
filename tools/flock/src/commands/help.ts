import type { Answer, Call } from "../command.js";
import { codesOf, EXIT_MEANINGS, type ExitCode } from "../faults/exit-codes.js";
import { facts, type Text, table } from "../output/sheet.js";
import { contextsFile } from "../places/contexts.js";

/** What is read of the environment. */
const VARIABLES: Readonly<Record<string, string>> = {
  FLOCK_CONTEXT: "a network of flock context list; --context counts more",
  FLOCK_API_URL: "HTTP API of the network; --api-url counts more",
  FLOCK_API_KEY: "an API key; --key-file counts more",
  FLOCK_WALLET: "the wallet's key file; --wallet counts more",
  SOLANA_RPC_URL: "for flock deposit send; --rpc-url counts more",
  OLLAMA_HOST: "the Ollama that flock doctor looks at",
  NATS_URL: "for flock admin; --nats-url counts more",
  NATS_CREDENTIALS_FILE: "what that NATS is shown; --nats-credentials counts more",
  NATS_CA_FILE: "whom that NATS must be certified by",
  NATS_CERT_FILE: "our certificate for it",
  NATS_KEY_FILE: "the key of that certificate",
  NO_COLOR: "no colours, whatever it says; --color counts more",
  XDG_CONFIG_HOME: "where the networks with a name are kept",
  XDG_CACHE_HOME: "where names are kept for completion",
};

const OUTPUT = `Data goes to standard output, everything else to standard error.

A terminal gets tables that fit it: columns are left out, the last ones first. A pipe gets every column, separated by
tabs, under their heads. flock run prints an answer as it is, and nothing else.

--json prints one document. Commands that take long, or tell what comes as it comes, print a line of JSON for each event;
it has a type, and the last one is the only result. Amounts are strings of whole µLLAMA (1 LLAMA = 1 000 000 µLLAMA),
times are ISO 8601 in UTC, null stands for none, unknown and not yet. Members are added, and never taken away.
An error is {"error": {"code", "message", …}} on standard error, and standard output stays empty of documents.

--quiet leaves advice and progress out. --verbose tells what is asked of whom, with request ids and times.
A reader that goes away (| head) ends a command quietly, with exit code 0.

What moves LLAMA shows the exact text and asks. Where nobody can be asked it wants --yes. --dry-run shows it and does
nothing. --id repeats a request without a second effect.
`;

/** `flock help exit-codes | output | environment` */
export async function showTopic({ args, surroundings }: Call): Promise<Answer> {
  switch (args[0]) {
    case "exit-codes":
      return exitCodes();
    case "environment":
      return environment(contextsFile(surroundings.environment));
    default:
      return { json: { topic: "output", text: OUTPUT }, text: OUTPUT };
  }
}

function exitCodes(): Answer {
  const all = Object.entries(EXIT_MEANINGS).map(([exit, meaning]) => ({
    exit_code: Number(exit),
    meaning,
    // CAST: Object.entries forgets that the keys are numbers.
    codes: codesOf(Number(exit) as ExitCode),
  }));
  const rows = all.map(({ exit_code, meaning, codes }) => [String(exit_code), meaning, codes.join(", ")]);
  return { json: all, text: facts([["exit code", "means", "error codes"], ...rows], [0]) };
}

function environment(file: string): Answer {
  const rows = Object.entries(VARIABLES);
  const text: Text = [
    table(["variable", "says"], rows),
    "\nA flag counts more than a variable, a variable more than the context, the context more than local.json of a\n" +
      `local mesh. flock context show tells where each value comes from. Networks are kept in ${file}.\n`,
  ];
  return { json: Object.fromEntries(rows), text };
}
