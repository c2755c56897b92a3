import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.js";

const OUT: OptionSpec = { flags: "--out <file>", about: "the .creds file", isRequired: true };
const KEYS_OF: ArgumentSpec = {
  name: "<of>",
  about: "whose",
  choices: ["operator", "core", "workers", "system"],
};
const WORKER: ArgumentSpec = { name: "<worker-id>", about: "its id" };

const TREE: OptionSpec = {
  flags: "--tree <file>",
  about: "file of the keys (default: that of the local mesh)",
};

const COMMANDS: readonly CommandSpec[] = [
  {
    name: "create",
    summary: "makes the keys of a new mesh: of its NATS accounts, and what its services sign with",
    examples: ["flock admin access create --tree /media/offline/tree.json"],
    load: async () => (await import("../commands/access.js")).createMeshKeys,
  },
  {
    name: "server",
    summary: "prints the accounts for nats-server's configuration; nothing in it is secret",
    options: [
      {
        flags: "--resolver-dir <directory>",
        about: "where the server keeps accounts that are changed while it runs",
        isRequired: true,
      },
      { flags: "--websocket <host:port>", about: "lets workers in over WebSocket, too" },
      {
        flags: "--websocket-cert <file>",
        about: "its certificate, PEM; none: only on this machine, behind a proxy",
      },
      { flags: "--websocket-key <file>", about: "the certificate's key, PEM" },
    ],
    examples: ["flock admin access server --resolver-dir /var/lib/nats/accounts > accounts.conf"],
    load: async () => (await import("../commands/access.js")).printServer,
  },
  {
    name: "service",
    summary: "writes credentials for a service or an operator's command line",
    arguments: [{ name: "<name>", about: "of the service" }],
    options: [OUT],
    examples: ["flock admin access service api --out api.creds"],
    load: async () => (await import("../commands/access.js")).writeService,
  },
  {
    name: "system",
    summary: "writes credentials for nats-server's own monitoring and account updates",
    arguments: [{ name: "<name>", about: "of who uses them" }],
    options: [OUT],
    examples: ["flock admin access system monitoring --out system.creds"],
    load: async () => (await import("../commands/access.js")).writeSystem,
  },
  {
    name: "worker",
    summary: "writes credentials for a worker, with a session of their own",
    arguments: [WORKER],
    options: [{ flags: "--days <count>", about: "how long they live", default: "1" }, OUT],
    examples: ["flock admin access worker <worker-id> --days 30 --out worker.creds"],
    load: async () => (await import("../commands/access.js")).writeWorker,
  },
  {
    name: "issuer",
    summary: "writes what a process needs that issues workers' credentials, and no more",
    options: [{ ...OUT, about: "the file, JSON" }],
    examples: ["flock admin access issuer --out worker-issuer.json"],
    load: async () => (await import("../commands/access.js")).writeIssuer,
  },
  {
    name: "mesh-key",
    summary: "makes another key for services to sign tickets and commands with",
    options: [{ ...OUT, about: "the key file" }],
    examples: ["flock admin access mesh-key --out mesh-key-2.json"],
    load: async () => (await import("../commands/access.js")).writeMeshKey,
  },
  {
    name: "rotate",
    summary: "signs what is new with another key; what the old one has signed still counts",
    arguments: [KEYS_OF],
    examples: ["flock admin access rotate workers"],
    load: async () => (await import("../commands/access.js")).rotateKeys,
  },
  {
    name: "forget",
    summary: "ends what all signing keys but the newest have signed",
    arguments: [KEYS_OF],
    examples: ["flock admin access forget workers"],
    load: async () => (await import("../commands/access.js")).forgetKeys,
  },
  {
    name: "push",
    summary: "gives running servers the accounts as they are in the file",
    examples: ["flock admin access push"],
    load: async () => (await import("../commands/access.js")).pushAccounts,
  },
  {
    name: "revoke",
    summary: "bans a worker and cuts it off: it is issued nothing, and what it was issued is worth nothing",
    arguments: [WORKER],
    options: [
      {
        flags: "--reason <text>",
        about: "why; its owner is told",
        default: "revoked by the operator of this network",
      },
      {
        flags: "--session <keys>",
        about: "sessions of credentials written here (`worker`), separated by commas",
      },
    ],
    examples: ['flock admin access revoke <worker-id> --reason "forged receipts"'],
    load: async () => (await import("../commands/access.js")).revokeAccess,
  },
  {
    name: "readmit",
    summary: "takes the ban of a worker back and forgets its offences: it may be issued new sessions",
    arguments: [WORKER],
    examples: ["flock admin access readmit <worker-id>"],
    load: async () => (await import("../commands/access.js")).readmitWorkerNow,
  },
];

/** The keys behind the NATS accounts of a mesh. */
export const ACCESS_COMMAND: CommandSpec = {
  name: "access",
  summary: "the NATS accounts of a mesh: their keys, credentials and revocations",
  options: [TREE],
  // Before or behind the subcommand: both is read.
  commands: COMMANDS.map((command) => ({ ...command, options: [...(command.options ?? []), TREE] })),
};
