import { TOOL_NAMES } from "../setup/tool-names.js";
import type { CommandSpec } from "./command-spec.js";
import { pageOptions, RIGHTS_OPTIONS } from "./shared-options.js";

const group = "Use the network";

const ANSWER_OPTIONS = [
  { flags: "--system <text>", about: "what the model is told before all else" },
  { flags: "--max-tokens <n>", about: "tokens of an answer at most" },
  { flags: "--temperature <number>", about: "how freely it writes; the model's own by default" },
] as const;

const KEY_ARGUMENT = {
  name: "<key>",
  about: 'its id, from "flock keys list"',
  names: "keys",
} as const;

/** For clients of the network. */
export const CLIENT_COMMANDS: readonly CommandSpec[] = [
  {
    name: "chat",
    group,
    summary: "a conversation with a model; nothing of it is kept unless you say so",
    arguments: [{ name: "[model]", about: "default: the first that can be used now", names: "models" }],
    options: [...ANSWER_OPTIONS, { flags: "--save <file>", about: "keep the conversation in this new file" }],
    notes:
      "Lines that begin with / are commands: /help lists them. Ctrl-C stops an answer, Ctrl-D ends the conversation.\nWho runs the answering worker can read what you write.",
    examples: ["flock chat", "flock chat flock-tiny", 'flock chat llama3.2 --system "Answer in French."'],
    output: "stream",
    load: async () => (await import("../commands/chat.js")).chat,
  },
  {
    name: "run",
    group,
    summary: "one answer of a model, alone on standard output",
    arguments: [
      { name: "<model>", about: "its name", names: "models" },
      { name: "[prompt...]", about: 'the prompt; "-" or none: standard input' },
    ],
    options: ANSWER_OPTIONS,
    notes: "What it cost, and the way it went, is told on standard error.",
    examples: [
      'flock run flock-tiny "Once upon a time"',
      "git diff | flock run llama3.2 -",
      'flock run flock-tiny "A llama" --json',
    ],
    output: "stream",
    load: async () => (await import("../commands/run.js")).run,
  },
  {
    name: "models",
    group,
    summary: "the models of the network, their prices and waits; or one of them",
    arguments: [{ name: "[name]", about: "everything of this one", names: "models" }],
    examples: ["flock models", "flock models flock-tiny:latest", "flock models --json"],
    load: async () => (await import("../commands/models.js")).showModels,
  },
  {
    name: "setup",
    group,
    summary: "has a tool that you use with Ollama or OpenAI use this network; or which tools there are",
    arguments: [
      { name: "[tool]", about: "default: which there are, and what each gets", choices: TOOL_NAMES },
    ],
    options: [
      { flags: "--dry-run", about: "tell what would be done, and do nothing" },
      { flags: "--undo", about: "take back what was done for the tool" },
      { flags: "--yes", about: "also if the tool is not found on this machine" },
      { flags: "--profile", about: "for tools that read variables: have your shell's profile load them" },
      {
        flags: "--model <name>",
        about: "a model to enter, as often as you like; default: those that can be used now",
        isRepeatable: true,
        names: "models",
      },
    ],
    notes:
      "The key is tried at the network before anything is written, and is never printed whole. All else in a tool's files\nstays as it is.",
    examples: ["flock setup", "flock setup zed --dry-run", "flock setup zed", "flock setup zed --undo"],
    load: async () => (await import("../commands/setup.js")).setUpTool,
  },
  {
    name: "keys",
    group,
    summary: "API keys of your account",
    commands: [
      {
        name: "create",
        summary: "makes an API key; it is shown this once",
        options: [
          { flags: "--label <text>", about: "to tell the key from others", default: "" },
          { flags: "--out <file>", about: "write the key to this new file, and show it nowhere" },
          ...RIGHTS_OPTIONS,
        ],
        examples: ["flock keys create --label laptop", "flock keys create --budget-day 2 --out key.txt"],
        load: async () => (await import("../commands/keys.js")).createKey,
      },
      {
        name: "list",
        summary: "your keys; revoked ones, too",
        examples: ["flock keys list", "flock keys list --json"],
        load: async () => (await import("../commands/keys.js")).listKeys,
      },
      {
        name: "change",
        summary: "gives a key another label, or another end",
        arguments: [KEY_ARGUMENT],
        options: [
          { flags: "--label <text>", about: "to tell the key from others" },
          {
            flags: "--expires <time>",
            about: 'when it expires, such as 2026-12-31T23:59:59Z; "never": it does not',
          },
        ],
        examples: ["flock keys change 0b6c1d3a-7c1e-4b8a-9a50-8f7d3f1f2a10 --label laptop"],
        load: async () => (await import("../commands/keys.js")).changeKey,
      },
      {
        name: "revoke",
        summary: "ends a key, everywhere within a second",
        arguments: [KEY_ARGUMENT],
        examples: ["flock keys revoke 0b6c1d3a-7c1e-4b8a-9a50-8f7d3f1f2a10"],
        load: async () => (await import("../commands/keys.js")).revokeKey,
      },
    ],
  },
  {
    name: "usage",
    group,
    summary: "what your keys have used, and what that cost",
    options: [
      {
        flags: "--from <day>",
        about: "first day (UTC), such as 2026-11-01; default: a month before the last",
      },
      { flags: "--to <day>", about: "last day; default: today" },
      { flags: "--by <list>", about: "what is told apart, with commas between", default: "day,model,key" },
      { flags: "--key <key-id>", about: "of this key alone", names: "keys" },
    ],
    examples: ["flock usage", "flock usage --by model --from 2026-11-01"],
    load: async () => (await import("../commands/usage.js")).showUsage,
  },
  {
    name: "jobs",
    group,
    summary: "what became of your requests, for a day",
    commands: [
      {
        name: "list",
        summary: "requests, newest first",
        options: pageOptions("jobs"),
        examples: ["flock jobs list", "flock jobs list --limit 5"],
        load: async () => (await import("../commands/jobs.js")).listJobs,
      },
      {
        name: "show",
        summary: "one request: where its time went, who answered, what it cost",
        arguments: [{ name: "<job-id>", about: "its x-request-id" }],
        examples: ["flock jobs show 12345678-1234-1234-1234-123456789abc"],
        load: async () => (await import("../commands/jobs.js")).showJob,
      },
      {
        name: "receipt",
        summary: "what the last worker of a request has signed; it names the worker by its public key",
        arguments: [{ name: "<job-id>", about: "its x-request-id" }],
        examples: ["flock jobs receipt 12345678-1234-1234-1234-123456789abc"],
        load: async () => (await import("../commands/jobs.js")).showReceipt,
      },
    ],
  },
];
