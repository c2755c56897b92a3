import { readFile, writeFile } from "node:fs/promises";
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
import type { Answer, Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { inLlama } from "../money/llama.js";

/** What a proof is refused with; all else is somebody else's fault. */
const REFUSALS: ReadonlySet<string> = new Set(["invalid_argument", "failed_precondition"]);

interface ProveOptions {
  readonly statement: string;
  readonly root: string;
  readonly worker?: string;
  readonly account?: string;
  readonly staker?: string;
  readonly compact?: string;
}

/** `flock epochs prove` */
export async function prove({ options }: Call<ProveOptions>): Promise<Answer> {
  const { statement: path, root, compact } = options;
  expectRoot(root);
  const party = partyOf(options);
  if (compact === undefined) {
    const read = checking(() => proveFromStatement({ path, root, party }));
    return { json: { proven: true, ...read }, text: proofText(hashedFrom(read), read, party) };
  }
  const { proof, ...read } = checking(() => makeCompactProof({ path, root, party }));
  await writeFile(compact, JSON.stringify(proof));
  const text = `${proofText(hashedFrom(read), read, party)}wrote the proof to ${compact}\n`;
  return { json: { proven: true, ...read, file: compact }, text };
}

/** `flock verify epoch` */
export async function verifyProof({
  options: { proof, root },
}: Call<{ readonly proof: string; readonly root: string }>): Promise<Answer> {
  expectRoot(root);
  const text = await readFile(proof, "utf8");
  const read = checking(() => verifyCompactProof(text, root));
  return {
    json: { proven: true, ...read },
    text: proofText(`the proof leads to ${root.toLowerCase()}`, read, read.party),
  };
}

/** What a proof is refused with means that it is wrong, and not that it was handled wrongly. */
function checking<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (cause instanceof FlockError && REFUSALS.has(cause.code))
      throw new Fault("check_failed", cause.message, { cause });
    throw cause;
  }
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
