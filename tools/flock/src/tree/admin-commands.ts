import { ACCESS_COMMAND } from "./access-commands.js";
import type { CommandSpec } from "./command-spec.js";
import { CONSENT_OPTIONS, pageOptions, RIGHTS_OPTIONS } from "./shared-options.js";

const ACCOUNT = {
  name: "<account>",
  about: 'account id, or a ledger account such as "pool:rewards"',
} as const;
const KEY = { name: "<key-id>", about: 'from "flock admin keys list"' } as const;
const OPERATOR = { flags: "--operator <name>", about: "who, for the record; default: USER" } as const;

const keys: CommandSpec = {
  name: "keys",
  summary: "API keys of any account",
  commands: [
    {
      name: "create",
      summary: "makes a key, and the account if it does not exist yet; the key is shown this once",
      options: [
        { flags: "--account <id>", about: "account that pays", isRequired: true },
        { flags: "--label <text>", about: "to tell the key from others", default: "" },
        ...RIGHTS_OPTIONS,
      ],
      examples: ["flock admin keys create --account alice --label laptop"],
      load: async () => (await import("../commands/admin-keys.js")).createKeyOf,
    },
    {
      name: "list",
      summary: "the keys of an account; revoked ones, too",
      options: [{ flags: "--account <id>", about: "the account", isRequired: true }],
      examples: ["flock admin keys list --account alice"],
      load: async () => (await import("../commands/admin-keys.js")).listKeysOf,
    },
    {
      name: "change",
      summary: "gives a key another label, or another end",
      arguments: [KEY],
      options: [
        { flags: "--label <text>", about: "to tell the key from others" },
        {
          flags: "--expires <time>",
          about: 'when it expires, such as 2026-12-31T23:59:59Z; "never": it does not',
        },
      ],
      examples: ["flock admin keys change <key-id> --expires never"],
      load: async () => (await import("../commands/admin-keys.js")).changeAnyKey,
    },
    {
      name: "revoke",
      summary: "ends a key, everywhere within a second",
      arguments: [KEY],
      examples: ["flock admin keys revoke <key-id>"],
      load: async () => (await import("../commands/admin-keys.js")).revokeAnyKey,
    },
  ],
};

const INCIDENT = { name: "<incident-id>", about: 'from "flock admin incidents list"' } as const;

const incidents: CommandSpec = {
  name: "incidents",
  summary: "what the public is told of what went wrong, at /status",
  commands: [
    {
      name: "list",
      summary: "the incidents of the last 90 days, newest first",
      examples: ["flock admin incidents list"],
      load: async () => (await import("../commands/admin-incidents.js")).listIncidents,
    },
    {
      name: "open",
      summary: "tells the public of an incident that no sample shows",
      arguments: [{ name: "<service>", about: "such as treasury" }],
      options: [
        { flags: "--effect <text>", about: "what users notice; public", isRequired: true },
        { flags: "--down", about: "nobody is served, instead of worse than usual" },
      ],
      examples: ['flock admin incidents open treasury --effect "payouts wait for the chain"'],
      load: async () => (await import("../commands/admin-incidents.js")).openIncident,
    },
    {
      name: "done",
      summary: "writes what was done about an incident, whoever found it",
      arguments: [INCIDENT, { name: "<text>", about: "what was done; public" }],
      examples: ['flock admin incidents done <incident-id> "the disk was full; it has another one"'],
      load: async () => (await import("../commands/admin-incidents.js")).writeDone,
    },
    {
      name: "close",
      summary: "ends an incident that an operator opened; others end by themselves",
      arguments: [INCIDENT],
      options: [{ flags: "--done <text>", about: "what was done; public" }],
      examples: ['flock admin incidents close <incident-id> --done "the chain goes on"'],
      load: async () => (await import("../commands/admin-incidents.js")).closeIncident,
    },
  ],
};

const treasury: CommandSpec = {
  name: "treasury",
  summary: "the treasury's payouts, and deposits that nobody can claim",
  commands: [
    {
      name: "status",
      summary: "what keeps payouts from being signed, and what they are up to",
      examples: ["flock admin treasury status"],
      load: async () => (await import("../commands/treasury.js")).showTreasury,
    },
    {
      name: "pause",
      summary: "no payout is signed until the pause is lifted; those that were sent go on",
      options: [{ flags: "--reason <text>", about: "for the record", isRequired: true }, OPERATOR],
      examples: ['flock admin treasury pause --reason "looking into ticket 4711"'],
      load: async () => (await import("../commands/treasury.js")).pausePayouts,
    },
    {
      name: "lift",
      summary: "ends a pause, or a halt whose reason was found",
      arguments: [{ name: "<stop>", about: 'its number, from "flock admin treasury status"' }],
      options: [
        { flags: "--note <text>", about: "what was found, for the record", isRequired: true },
        OPERATOR,
      ],
      examples: ['flock admin treasury lift 4 --note "a wrong alarm"'],
      load: async () => (await import("../commands/treasury.js")).liftStop,
    },
    {
      name: "suspense",
      summary: "deposits that nobody was credited for, newest first",
      options: pageOptions("deposits"),
      examples: ["flock admin treasury suspense"],
      load: async () => (await import("../commands/treasury.js")).listSuspense,
    },
    {
      name: "assign",
      summary: "credits a deposit in suspense to an account, for a sender that cannot sign a claim",
      arguments: [
        { name: "<signature>", about: 'of the deposit\'s transaction, from "flock admin treasury suspense"' },
        { name: "<account>", about: "an account, or a wallet's address, that is credited; cannot be undone" },
      ],
      options: [
        { flags: "--reason <text>", about: "how it is known whose it is, for the record", isRequired: true },
        OPERATOR,
        ...CONSENT_OPTIONS,
      ],
      examples: ['flock admin treasury assign <signature> alice --reason "ticket 4711" --yes'],
      load: async () => (await import("../commands/treasury.js")).assignDeposit,
    },
  ],
};

/** For operators of a mesh: what speaks NATS, or has the mesh's keys. */
export const ADMIN_COMMANDS: readonly CommandSpec[] = [
  {
    name: "admin",
    group: "For operators",
    summary: "looks after a mesh over its NATS: accounts, keys, workers, incidents, the treasury, access",
    notes: "NATS is found by --nats-url, else NATS_URL, else by the data directory of a local mesh.",
    commands: [
      keys,
      {
        name: "balance",
        summary: "what an account has, and can spend",
        arguments: [ACCOUNT],
        examples: ["flock admin balance alice", "flock admin balance pool:rewards"],
        load: async () => (await import("../commands/admin-accounts.js")).showBalanceOf,
      },
      {
        name: "statement",
        summary: "the transfers of an account, newest first",
        arguments: [ACCOUNT],
        options: pageOptions("transfers"),
        examples: ["flock admin statement alice --limit 50"],
        load: async () => (await import("../commands/admin-accounts.js")).showStatementOf,
      },
      {
        name: "fund",
        summary: "moves LLAMA from pool:dev to an account's wallet, for demo accounts and grants",
        arguments: [
          { name: "<account>", about: "account id" },
          { name: "<llama>", about: 'amount, such as "25" or "0.5"' },
        ],
        options: [
          {
            flags: "--transfer-id <uuid>",
            about: "repeats an earlier call, which then has no second effect",
          },
          ...CONSENT_OPTIONS,
        ],
        examples: ["flock admin fund alice 25 --yes"],
        load: async () => (await import("../commands/admin-accounts.js")).fund,
      },
      {
        name: "models",
        summary: "the models that live workers have, and what of them can be used",
        examples: ["flock admin models"],
        load: async () => (await import("../commands/admin-network.js")).listOffered,
      },
      {
        name: "workers",
        summary: "the live workers",
        examples: ["flock admin workers"],
        load: async () => (await import("../commands/admin-network.js")).listLiveWorkers,
      },
      {
        name: "offences",
        summary: "what workers were caught at, and who is cut off",
        examples: ["flock admin offences"],
        load: async () => (await import("../commands/admin-network.js")).listOffences,
      },
      incidents,
      treasury,
      {
        name: "rule",
        summary: "upholds or overturns a verdict inside its appeal window",
        arguments: [{ name: "<verdict>", about: 'its id, from "flock trust verdicts"' }],
        options: [
          { flags: "--uphold", about: "its consequences follow" },
          { flags: "--overturn", about: "the worker is released, and nothing follows" },
          { flags: "--reason <text>", about: "why, for everybody to read", isRequired: true },
          ...CONSENT_OPTIONS,
        ],
        examples: ['flock admin rule <verdict> --overturn --reason "its engine was miscalibrated" --yes'],
        load: async () => (await import("../commands/admin-verifier.js")).rule,
      },
      {
        name: "calibration",
        summary: "what honest workers show, for the verifier",
        commands: [
          {
            name: "load",
            summary: "loads cells that were measured; those of the same kind are replaced",
            arguments: [{ name: "<file>", about: 'JSON: {"cells": [{"modelDigest", "engine", …}]}' }],
            examples: ["flock admin calibration load cells.json"],
            load: async () => (await import("../commands/admin-verifier.js")).loadCalibration,
          },
        ],
      },
      ACCESS_COMMAND,
    ],
  },
];
