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
];
