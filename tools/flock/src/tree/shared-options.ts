import type { OptionSpec } from "./command-spec.js";

/** What every command may be told; `GlobalOptions` is what becomes of it. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: "--context <name>", about: "a network of `flock context list`", names: "contexts" },
  { flags: "--api-url <url>", about: "HTTP API of the network" },
  { flags: "--key-file <file>", about: "file with an API key" },
  { flags: "--wallet <file>", about: "key file of the wallet, as the Solana tools write it" },
  { flags: "--data-dir <directory>", about: "data directory of a local mesh", default: ".flock" },
  { flags: "--json", about: "print JSON: one document, or a line for each event" },
  { flags: "--quiet", about: "say nothing on standard error but errors" },
  { flags: "--verbose", about: "tell on standard error what is asked of whom, with request ids and times" },
  {
    flags: "--color <when>",
    about: "colours on a terminal",
    default: "auto",
    choices: ["auto", "always", "never"],
  },
];

/** Where the NATS of a mesh is: for operators alone, but read anywhere, so that old command lines work. */
export const NATS_OPTIONS: readonly OptionSpec[] = [
  { flags: "--nats-url <url>", about: "NATS server of the mesh" },
  { flags: "--nats-credentials <file>", about: "what that server is shown (a .creds file)" },
];

/** Of lists that come in pages. */
export function pageOptions(what: string): readonly OptionSpec[] {
  return [
    { flags: `--limit <${what}>`, about: "how many, 1 to 500", default: "20" },
    { flags: "--cursor <cursor>", about: "where to go on, from the page before", default: "" },
  ];
}

/** Of commands that make API keys. */
export const RIGHTS_OPTIONS: readonly OptionSpec[] = [
  {
    flags: "--scopes <list>",
    about:
      "what it may do, with commas between: inference, read_account, manage_keys; default: the first two",
  },
  {
    flags: "--models <list>",
    about: "the only models that it may use, with commas between; default: all",
    names: "models",
  },
  { flags: "--expires <time>", about: "when it expires, such as 2026-12-31T23:59:59Z" },
  { flags: "--budget-day <llama>", about: "LLAMA that it may spend on a day (UTC); default: any" },
  { flags: "--budget-month <llama>", about: "the same for a month" },
  { flags: "--requests-per-minute <n>", about: "requests that it may begin in a minute; default: any" },
  { flags: "--tokens-per-minute <n>", about: "tokens of prompts and answers in a minute; default: any" },
  { flags: "--streams <n>", about: "requests that may run at once; default: any" },
];

/** Of commands that move LLAMA. */
export const CONSENT_OPTIONS: readonly OptionSpec[] = [
  { flags: "--yes", about: "do not ask" },
  { flags: "--dry-run", about: "show what would be done, and do nothing" },
];
