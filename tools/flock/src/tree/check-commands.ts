import type { CommandSpec } from "./command-spec.js";
import { pageOptions } from "./shared-options.js";

const group = "Check what the network says";
const ROOT = {
  flags: "--root <hex>",
  about: 'from the memo on chain, "flock:epoch:<number>:<root>"',
  isRequired: true,
} as const;
const NUMBER = { name: "<number>", about: "the epoch's number" } as const;

/** For whoever believes nothing. */
export const CHECK_COMMANDS: readonly CommandSpec[] = [
  {
    name: "verify",
    group,
    summary: "checks receipts, proofs and reserves; exit code 7 if one is wrong",
    commands: [
      {
        name: "receipt",
        summary: "that a worker has signed for an answer, and its wallet for that worker's key",
        arguments: [{ name: "[job-id]", about: "its x-request-id" }],
        options: [
          { flags: "--file <file>", about: 'a receipt in a file, from "flock jobs receipt --json"; offline' },
        ],
        examples: [
          "flock verify receipt 12345678-1234-1234-1234-123456789abc",
          "flock verify receipt --file receipt.json",
        ],
        load: async () => (await import("../commands/verify-receipt.js")).verifyReceipt,
      },
      {
        name: "epoch",
        summary: 'what a proof shows that "flock epochs prove --compact" has written; offline',
        options: [{ flags: "--proof <file>", about: "the proof", isRequired: true }, ROOT],
        examples: ["flock verify epoch --proof proof.json --root <root>"],
        load: async () => (await import("../commands/epoch-proofs.js")).verifyProof,
      },
      {
        name: "verdict",
        summary: "computes a verdict on a worker again from its evidence; a file is read offline",
        arguments: [
          { name: "<verdict>", about: 'its id, from "flock trust verdicts", or a file with its evidence' },
        ],
        notes:
          "What is computed: each job from its readings, and the verdict from the jobs. Whether the readings are right,\nwho has the model and the answers can tell.",
        examples: [
          "flock verify verdict 12345678-1234-1234-1234-123456789abc",
          "flock verify verdict verdict-12345678-1234-1234-1234-123456789abc.json",
        ],
        load: async () => (await import("../commands/verify-verdict.js")).verifyVerdict,
      },
      {
        name: "reserves",
        summary: "what the treasury holds and owes; its signature is checked",
        options: [
          {
            flags: "--treasury <address>",
            about: "who must have signed; default: the treasury that the network names",
          },
        ],
        examples: ["flock verify reserves", "flock verify reserves --treasury <address>"],
        load: async () => (await import("../commands/reserves.js")).verifyReserves,
      },
    ],
  },
  {
    name: "trust",
    group,
    summary: "checked work: what was found, workers by standing, what is calibrated",
    examples: ["flock trust", "flock trust --json"],
    load: async () => (await import("../commands/trust.js")).showTrust,
    commands: [
      {
        name: "verdicts",
        summary: "verdicts on workers, newest first",
        options: pageOptions("verdicts"),
        examples: ["flock trust verdicts", "flock trust verdicts --limit 5"],
        load: async () => (await import("../commands/trust.js")).listVerdicts,
      },
    ],
  },
  {
    name: "epochs",
    group,
    summary: "epochs, their statements, and proofs of what they paid",
    commands: [
      {
        name: "list",
        summary: "epochs, newest first",
        options: pageOptions("epochs"),
        examples: ["flock epochs list", "flock epochs list --limit 5"],
        load: async () => (await import("../commands/epochs.js")).listEpochs,
      },
      {
        name: "show",
        summary: "one epoch: its times, its root and its anchor",
        arguments: [NUMBER],
        examples: ["flock epochs show 12"],
        load: async () => (await import("../commands/epochs.js")).showEpoch,
      },
      {
        name: "statement",
        summary: "the statement of a closed epoch, to a file or to standard output",
        arguments: [NUMBER],
        options: [{ flags: "--out <file>", about: "where to; replaced if it exists" }],
        notes:
          "With --json and no --out it is a line of JSON for each line of the statement, and a last result.",
        examples: ["flock epochs statement 12 --out epoch-12.jsonl", "flock epochs statement 12 | head"],
        output: "stream",
        load: async () => (await import("../commands/epochs.js")).saveStatement,
      },
      {
        name: "prove",
        summary: "derives what an epoch paid to one party from its jobs, and its jobs from the root; offline",
        options: [
          { flags: "--statement <file>", about: 'from "flock epochs statement"', isRequired: true },
          ROOT,
          { flags: "--worker <id>", about: "what this worker earned" },
          { flags: "--account <id>", about: "what this account was charged" },
          { flags: "--staker <id>", about: "what this stake was paid" },
          {
            flags: "--compact <file>",
            about: "also writes a proof for others, who need no statement; replaced if it exists",
          },
        ],
        examples: ["flock epochs prove --statement epoch-12.jsonl --root <root> --worker <address>"],
        load: async () => (await import("../commands/epoch-proofs.js")).prove,
      },
    ],
  },
];
