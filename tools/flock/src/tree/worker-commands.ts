import type { CommandSpec, OptionSpec } from "./command-spec.js";

const group = "Provide";

const DAYS: readonly OptionSpec[] = [
  { flags: "--from <day>", about: "first UTC day, such as 2026-11-22; default: the last seven" },
  { flags: "--to <day>", about: "last UTC day" },
  { flags: "--worker <id>", about: "of this worker alone" },
];

const HEALTH: OptionSpec = {
  flags: "--health-url <url>",
  about: "where the worker serves /livez",
  default: "http://127.0.0.1:11439",
};

const control = (name: string, summary: string, verb = name): CommandSpec => ({
  name,
  summary,
  options: [HEALTH],
  examples: [`flock worker ${name}`, `flock worker ${name} --health-url http://127.0.0.1:9103`],
  load: async () => (await import("../commands/worker.js")).controlling(verb),
});

const SERVICE_NOTES =
  "It is a service of your user: of systemd where that runs, of launchd on macOS. What is written is shown.";

/** For whoever lets a machine work. */
export const WORKER_COMMANDS: readonly CommandSpec[] = [
  {
    name: "worker",
    group,
    summary: "lets this machine work for the network, and controls it",
    commands: [
      {
        name: "start",
        summary: "works until Ctrl-C, for the network that --api-url or the context names",
        notes: "What follows -- is for flock-worker: flock worker start -- --help",
        examples: ["flock worker start --api-url https://api.example", "flock worker start -- --slots 2"],
        output: "stream",
        passesOn: true,
        load: async () => (await import("../commands/up.js")).startWorker,
      },
      control("status", "what a worker of this machine does now", "state"),
      control("pause", "takes no new jobs; running ones go on"),
      control("resume", "takes jobs again"),
      control("drain", "finishes what it runs, then ends"),
      {
        name: "list",
        summary: "your workers as the network sees them, and why a free slot got no job",
        examples: ["flock worker list", "flock worker list --json"],
        load: async () => (await import("../commands/own-workers.js")).listOwnWorkers,
      },
      {
        name: "earnings",
        summary: "what your workers earned, by day and model",
        options: DAYS,
        examples: ["flock worker earnings", "flock worker earnings --from 2026-11-01"],
        load: async () => (await import("../commands/earnings.js")).showEarnings,
      },
      {
        name: "logs",
        summary: "the last lines of the installed worker's log",
        options: [{ flags: "--lines <n>", about: "how many", default: "100" }],
        examples: ["flock worker logs", "flock worker logs --lines 20"],
        load: async () => (await import("../commands/worker-service.js")).showLogs,
      },
      {
        name: "install",
        summary: "has the worker run whenever you are logged in",
        options: [
          { flags: "--slots <n>", about: "jobs at once" },
          { flags: "--payout <address>", about: "the wallet that is paid; default: the worker's own" },
          { flags: "--dry-run", about: "show what would be written, and write nothing" },
        ],
        notes: SERVICE_NOTES,
        examples: ["flock worker install --api-url https://api.example", "flock worker install --dry-run"],
        load: async () => (await import("../commands/worker-service.js")).installWorker,
      },
      {
        name: "uninstall",
        summary: "ends that, and removes what was written; the wallet stays",
        options: [{ flags: "--dry-run", about: "show what would be removed, and remove nothing" }],
        notes: SERVICE_NOTES,
        examples: ["flock worker uninstall", "flock worker uninstall --dry-run"],
        load: async () => (await import("../commands/worker-service.js")).uninstallWorker,
      },
      {
        name: "enrol",
        summary: "has a hardware wallet, or any other whose key is elsewhere, let a worker work for it",
        options: [
          {
            flags: "--api <url>",
            about: "where the worker enrols, e.g. https://api.example",
            isRequired: true,
          },
          {
            flags: "--file <file>",
            about: "WORKER_ENROLMENT_FILE of the worker; made if there is none",
            isRequired: true,
          },
          { flags: "--payout <address>", about: "wallet that is paid; default: the same" },
          { flags: "--days <days>", about: "how long it lasts, 1 to 90", default: "90" },
          {
            flags: "--signature <base58>",
            about: 'of the text that was printed; "-" reads it from standard input',
          },
        ],
        notes: `--wallet is the wallet's address here. The worker's own key is made in the file, which is secret. The wallet's key
is not needed: the command prints a text, the wallet signs it wherever it is, and the same command with --signature hands
it in. The challenge in the text is good for five minutes. Then start the worker with WORKER_API_URL, WORKER_WALLET and
WORKER_ENROLMENT_FILE.`,
        examples: [
          "flock worker enrol --api https://api.example --wallet <address> --file enrolment.json > text",
          'solana sign-offchain-message --keypair usb://ledger "$(cat text)"',
          "flock wallet sign text --wallet wallet.json",
          "flock worker enrol --api https://api.example --wallet <address> --file enrolment.json --signature <signature>",
        ],
        load: async () => (await import("../commands/enrol.js")).enrol,
      },
    ],
  },
  {
    name: "earnings",
    group,
    summary: "what your workers earned, by day and model",
    options: DAYS,
    examples: ["flock earnings", "flock earnings --from 2026-11-01"],
    load: async () => (await import("../commands/earnings.js")).showEarnings,
  },
];
