/*
 * A compact proof is what one party needs of a statement: the leaves with its lines, with the header and with the
 * total, and the paths from them to the root. It proves that these lines are in the statement and that the party's
 * amounts follow from them. What it cannot show without the other lines is that the total is their sum: the whole
 * statement does.
 */
import { FlockError } from "@flock/errors";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { divideEpoch, emissionOf, stakingRewardOf } from "../division/epoch-division.js";
import { jobFault } from "../division/job-arithmetic.js";
import { leafHash, rootOfPath } from "../merkle/merkle-tree.js";
import { LINES_PER_LEAF } from "../statement/leaves.js";
import { parseLine } from "../statement/parse-line.js";
import type { HeaderLine, JobLine, StatementLine, TotalLine } from "../statement/statement-line.js";
import { lineOfParty, type Party, PartyJobs, type PartyLine } from "./party.js";

export const PROOF_FORMAT = "flock-epoch-proof/1";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const part = z.strictObject({
  leaf: z.int().min(0),
  /** The leaf's lines, each with its "\n". */
  text: z.string(),
  path: z.array(hash).max(64),
});
const compactProof = z.strictObject({
  proof: z.literal(PROOF_FORMAT),
  leaves: z.int().min(1),
  kind: z.enum(["worker", "staker", "account"]),
  id: z.string(),
  parts: z.array(part).min(1),
});

/** A leaf and its way to the root. */
export type ProofPart = z.infer<typeof part>;
/** A proof file's content; as a file it is this as JSON. */
export type CompactProof = z.infer<typeof compactProof>;

/** What a compact proof shows. */
export interface CompactProofRead {
  readonly party: Party;
  readonly header: HeaderLine;
  readonly total: TotalLine;
  readonly line: PartyLine;
  readonly jobs: number;
}

/**
 * Verifies the JSON text of a compact proof against an anchored root.
 * @throws FlockError `failed_precondition` when it leads to another root, `invalid_argument` when it is malformed or
 *   its lines contradict each other.
 */
export function verifyCompactProof(json: string, root: string): CompactProofRead {
  const proof = readProof(json);
  const party: Party = { kind: proof.kind, id: proof.id };
  const lines = proof.parts.flatMap((each, index) => {
    if (index > 0 && each.leaf <= (proof.parts[index - 1]?.leaf ?? -1))
      throw refusal("its leaves are out of order");
    return linesOf(each, proof.leaves, root.toLowerCase());
  });
  const [header] = lines;
  const total = lines.at(-1);
  if (header?.kind !== "header" || total?.kind !== "total" || proof.parts.at(-1)?.leaf !== proof.leaves - 1)
    throw refusal("it lacks the header or the total");
  const jobs = new PartyJobs(party);
  let line: PartyLine | undefined;
  for (const each of lines) {
    if (each.kind === "job") checkJob(each);
    if (each.kind === "job" && party.kind !== "staker" && each[party.kind] === party.id) jobs.add(each);
    line = lineOfParty(each, party) ?? line;
  }
  const own = jobs.expect(line);
  checkPart(own, header, total);
  return { party, header, total, line: own, jobs: jobs.count };
}

function readProof(json: string): CompactProof {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw refusal("it is not JSON");
  }
  const read = compactProof.safeParse(value);
  if (!read.success) throw refusal(z.prettifyError(read.error).replaceAll("\n", " "));
  return read.data;
}

function linesOf({ leaf, text, path }: ProofPart, leaves: number, root: string): StatementLine[] {
  const siblings = path.map(hexToBytes);
  const found = bytesToHex(rootOfPath(sha256, leafHash(sha256, utf8ToBytes(text)), leaf, leaves, siblings));
  if (found !== root)
    throw new FlockError(
      "failed_precondition",
      `leaf ${leaf} of the proof leads to the root ${found}, not ${root}`,
    );
  return text
    .split(/(?<=\n)/)
    .slice(0, LINES_PER_LEAF + 1)
    .map(parseLine);
}

function checkJob(job: JobLine): void {
  const wrong = jobFault(job);
  if (wrong !== undefined) throw refusal(`job ${job.job}: ${wrong}`);
}

/** The party's part of the epoch, given what the total line says of all jobs. */
function checkPart(line: PartyLine, header: HeaderLine, total: TotalLine): void {
  if (total.protocolShareClawedBack > total.protocolShare)
    throw refusal("more was clawed back than there is");
  const division = divideEpoch({
    epoch: header.epoch,
    rules: header.rules,
    rewardsPool: header.rewardsPool,
    stakeWeight: header.stakeWeight,
    protocolShare: total.protocolShare - total.protocolShareClawedBack,
    protocolShareClawedBack: total.protocolShareClawedBack,
  });
  if (line.kind === "worker") expectPart("emission", line.emission, emissionOf(division, line.protocolShare));
  if (line.kind === "staker") expectPart("reward", line.reward, stakingRewardOf(division, line.weight));
}

function expectPart(what: string, stated: bigint, derived: bigint): void {
  if (stated !== derived) throw refusal(`the ${what} is ${stated}, but follows as ${derived}`);
}

function refusal(why: string): FlockError {
  return new FlockError("invalid_argument", `the proof is refused: ${why}`);
}
