import { createWriteStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  type CompactProofRead,
  makeCompactProof,
  type Party,
  proveFromStatement,
  type StatementRead,
  verifyCompactProof,
} from "@flock/epochs";
import { FlockError } from "@flock/errors";
import { microLlama } from "@flock/money";
import { Command } from "commander";
import { z } from "zod";
import { printing } from "../command.js";
import { apiClientOf } from "../money/api-client.js";
import { inLlama } from "../money/llama.js";
import { table } from "../output.js";
import { moreLine, pageQuery } from "../page.js";
import type { Surroundings } from "../surroundings.js";

const epoch = z.looseObject({
  number: z.number(),
  state: z.string(),
  starts_at: z.string().nullable(),
  ends_at: z.string().nullable(),
  closes_at: z.string().nullable(),
  parameters_version: z.number(),
  statement_root: z.string().nullable(),
  statement_lines: z.number().nullable(),
  anchor_signature: z.string().nullable(),
});
const epochs = z.looseObject({ epochs: z.array(epoch), next_cursor: z.string().nullable() });

/** `flock epochs list | show | statement | prove | verify`. */
export function epochsCommand(surroundings: Surroundings): Command {
  return new Command("epochs")
    .description("epochs, their statements, and proofs of what they paid")
    .addCommand(list(surroundings))
    .addCommand(show(surroundings))
    .addCommand(statement(surroundings))
    .addCommand(prove(surroundings))
    .addCommand(verify(surroundings));
}

function list(surroundings: Surroundings): Command {
  return new Command("list")
    .description("epochs, newest first")
    .option("--limit <epochs>", "how many, 1 to 500", "20")
    .option("--cursor <cursor>", "where to go on, from the page before", "")
    .action(
      printing<{ limit: string; cursor: string }>(surroundings, async (_args, options) => {
        const api = await apiClientOf(options, surroundings);
        const found = await api.get(`/epochs?${pageQuery(options)}`, epochs);
        const rows = found.epochs.map((each) => [
          String(each.number),
          each.state,
          each.starts_at?.replace("T", " ").slice(0, 19) ?? "",
          each.ends_at?.replace("T", " ").slice(0, 19) ?? "",
          each.statement_root ?? "",
        ]);
        const page = table(["epoch", "state", "from (UTC)", "to", "root"], rows, [0]);
        return {
          json: found,
          text: rows.length === 0 ? "no epochs yet\n" : page + moreLine(found.next_cursor),
        };
      }),
    );
}

function show(surroundings: Surroundings): Command {
  return new Command("show")
    .description("one epoch")
    .argument("<number>", "its number")
    .action(
      printing(surroundings, async (args, options) => {
        const api = await apiClientOf(options, surroundings);
        const found = await api.get(`/epochs/${encodeURIComponent(args[0] ?? "")}`, epoch);
        const rows = [
          ["from", found.starts_at ?? ""],
          ["to", found.ends_at ?? ""],
          ["can be challenged until", found.closes_at ?? ""],
          ["parameters", `version ${found.parameters_version}`],
          ["root of the statement", found.statement_root ?? "none yet"],
          ["anchored by", found.anchor_signature ?? "not yet"],
        ];
        return { json: found, text: table([`epoch ${found.number}`, found.state], rows) };
      }),
    );
}

function statement(surroundings: Surroundings): Command {
  return new Command("statement")
    .description("the statement of a closed epoch, to a file or to standard output")
    .argument("<number>", "the epoch's number")
    .option("--out <file>", "where to; replaced if it exists")
    .action(
      printing<{ out?: string }>(surroundings, async (args, options) => {
        const api = await apiClientOf(options, surroundings);
        const pieces = api.stream(`/epochs/${encodeURIComponent(args[0] ?? "")}/statement`);
        if (options.out !== undefined) {
          const bytes = await saved(pieces, options.out);
          const text = `wrote ${bytes} bytes to ${options.out}\n`;
          return { json: { file: options.out, bytes }, text };
        }
        const decoder = new TextDecoder();
        for await (const piece of pieces) surroundings.out(decoder.decode(piece, { stream: true }));
        return undefined;
      }),
    );
}

async function saved(pieces: AsyncIterable<Uint8Array>, file: string): Promise<number> {
  const target = createWriteStream(file);
  await pipeline(Readable.from(pieces), target);
  return target.bytesWritten;
}

interface ProveOptions {
  readonly statement: string;
  readonly root: string;
  readonly worker?: string;
  readonly account?: string;
  readonly staker?: string;
  readonly compact?: string;
}

const ROOT_OPTION = ["--root <hex>", 'from the memo on chain, "flock:epoch:<number>:<root>"'] as const;

function prove(surroundings: Surroundings): Command {
  return new Command("prove")
    .description("derives what an epoch paid to one party from its jobs, and its jobs from the root; offline")
    .requiredOption("--statement <file>", 'from "flock epochs statement"')
    .requiredOption(...ROOT_OPTION)
    .option("--worker <id>", "what this worker earned")
    .option("--account <id>", "what this account was charged")
    .option("--staker <id>", "what this stake was paid")
    .option(
      "--compact <file>",
      "also writes a proof for others, who need no statement; replaced if it exists",
    )
    .action(
      printing<ProveOptions>(surroundings, async (_args, { statement: path, root, compact, ...options }) => {
        expectRoot(root);
        const party = partyOf(options);
        if (compact === undefined) {
          const read = proveFromStatement({ path, root, party });
          return { json: { proven: true, ...read }, text: proofText(hashedFrom(read), read, party) };
        }
        const { proof, ...read } = makeCompactProof({ path, root, party });
        await writeFile(compact, JSON.stringify(proof));
        const text = `${proofText(hashedFrom(read), read, party)}wrote the proof to ${compact}\n`;
        return { json: { proven: true, ...read, file: compact }, text };
      }),
    );
}

function verify(surroundings: Surroundings): Command {
  return new Command("verify")
    .description('what a proof shows that "flock epochs prove --compact" has written; offline')
    .requiredOption("--proof <file>", "the proof")
    .requiredOption(...ROOT_OPTION)
    .action(
      printing<{ proof: string; root: string }>(surroundings, async (_args, { proof, root }) => {
        expectRoot(root);
        const read = verifyCompactProof(await readFile(proof, "utf8"), root);
        const text = proofText(`the proof leads to ${root.toLowerCase()}`, read, read.party);
        return { json: { proven: true, ...read }, text };
      }),
    );
}

function expectRoot(root: string): void {
  if (!/^[0-9a-fA-F]{64}$/.test(root))
    throw new FlockError("invalid_argument", "--root: 64 hex digits are needed");
}

function partyOf(options: Pick<ProveOptions, "worker" | "account" | "staker">): Party {
  const named = (["worker", "account", "staker"] as const).flatMap((kind) => {
    const id = options[kind];
    return id === undefined ? [] : [{ kind, id }];
  });
  const [party] = named;
  if (party === undefined || named.length > 1)
    throw new FlockError("invalid_argument", "whose? one of --worker, --account and --staker is needed");
  return party;
}

function hashedFrom({ lines, root }: StatementRead): string {
  return `${lines} lines hash to ${root}`;
}

type Shown = Pick<CompactProofRead, "header" | "line" | "jobs">;

function proofText(evidence: string, { header, line, jobs }: Shown, { kind, id }: Party): string {
  const facts = `epoch ${header.epoch}: ${evidence}\n${kind} ${id}, ${jobs} jobs:\n`;
  switch (line.kind) {
    case "worker":
      return `${facts}  vested    ${inLlama(line.vest)} LLAMA\n  emission  ${inLlama(line.emission)} LLAMA\n`;
    case "staker":
      return `${facts}  weight  ${inLlama(line.weight)} LLAMA\n  reward  ${inLlama(line.reward)} LLAMA\n`;
    case "account":
      return `${facts}  charged  ${inLlama(microLlama(line.charge))} LLAMA\n`;
  }
}
