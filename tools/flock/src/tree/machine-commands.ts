import type { CommandSpec } from "./command-spec.js";

const group = "On this machine";

/** A local mesh, and what its machine is like. */
export const MACHINE_COMMANDS: readonly CommandSpec[] = [
  {
    name: "up",
    group,
    summary: "runs a whole network on this machine, until Ctrl-C",
    options: [
      { flags: "--no-chain", about: "no local Solana chain: no deposits and no payouts" },
      { flags: "--fresh", about: "remove the data of earlier runs first" },
      { flags: "--workers <count>", about: "number of workers; default: 2" },
    ],
    notes: "What follows -- is for npm start, whose options are more: flock up -- --help",
    examples: ["flock up", "flock up --no-chain --workers 1", "flock up -- --api-port 8080"],
    output: "stream",
    passesOn: true,
    load: async () => (await import("../commands/up.js")).up,
  },
  {
    name: "status",
    group,
    summary: "how the network is: its services, workers, queues and payouts",
    examples: ["flock status", "flock status --json", "flock status --context work"],
    load: async () => (await import("../commands/status.js")).showStatus,
  },
  {
    name: "doctor",
    group,
    summary: "looks for what is wrong on this machine and on the way to the network, and says what helps",
    options: [
      {
        flags: "--health-url <url>",
        about: "where a worker of this machine serves /livez",
        default: "http://127.0.0.1:11439",
      },
    ],
    notes: "Every check has three seconds. The exit code is 7 if one has failed.",
    examples: ["flock doctor", "flock doctor --json"],
    load: async () => (await import("../commands/doctor.js")).doctor,
  },
  {
    name: "bench",
    group,
    summary: "measures a network of this machine, and says how to measure it again",
    notes: "What follows -- is for npm run bench: flock bench -- --help",
    examples: ["flock bench", "flock bench -- --help"],
    output: "stream",
    passesOn: true,
    load: async () => (await import("../commands/up.js")).bench,
  },
  {
    name: "calibrate",
    group,
    summary: "measures how far two honest Ollamas with the same model differ, as the verifier sees it",
    options: [
      { flags: "--model <name>", about: "the model; both must have the same one", isRequired: true },
      { flags: "--worker-ollama <url>", about: "the Ollama that answers", isRequired: true },
      { flags: "--referee-ollama <url>", about: "the Ollama that reads the answers", isRequired: true },
      { flags: "--prompts <n>", about: "answers at each temperature, 1 to 1000", default: "40" },
      { flags: "--temperatures <list>", about: "with commas between", default: "0,0.8" },
      { flags: "--hardware <class>", about: "what the answering Ollama runs on", default: "cpu" },
      { flags: "--speculation <mode>", about: "how it drafts tokens; none: it does not", default: "none" },
    ],
    notes: "A kind of worker is judged from 300 places on. Each answer has eight, and its end.",
    examples: [
      "flock calibrate --model flock-tiny --worker-ollama http://127.0.0.1:11434 --referee-ollama http://127.0.0.1:11435",
      "flock calibrate --model llama3.2 --worker-ollama http://10.0.0.2:11434 --referee-ollama http://10.0.0.3:11434 --json",
    ],
    load: async () => (await import("../commands/calibrate.js")).calibrateHere,
  },
];
