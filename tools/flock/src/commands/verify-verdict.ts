import { readFile } from "node:fs/promises";
import { FlockError } from "@flock/errors";
import { bundleSha256, readBundle, recompute } from "@flock/evidence";
import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { apiClientOf } from "../money/api-client.js";
import { facts, table } from "../output/sheet.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Of evidence that is read. The verifier's has 400 KiB at most. */
const BYTES_MAX = 4 * 1024 * 1024;

const told = z.looseObject({ verdict: z.looseObject({ id: z.string(), kind: z.string() }) });

/** `flock verify verdict`: computes what follows from the evidence, and believes nobody's word on it. */
export async function verifyVerdict(call: Call): Promise<Answer> {
  const [named = ""] = call.args;
  const bytes = UUID.test(named) ? await downloaded(call, named.toLowerCase()) : await inFile(named);
  const bundle = bundleIn(bytes);
  const { jobs, verdict, agrees } = recompute(bundle);
  const others = jobs.filter((job) => !job.agrees);
  if (others.length > 0) throw wrong(`${others.length} of ${jobs.length} jobs come out otherwise`);
  if (!agrees) throw wrong(`the jobs lead to ${verdict ?? "no verdict"}, not to ${bundle.verdict}`);
  if (UUID.test(named)) await requireTold(call, bundle);
  const sha256 = Buffer.from(bundleSha256(bytes)).toString("hex");
  return {
    json: {
      verified: true,
      verdict_id: bundle.verdictId,
      verdict: bundle.verdict,
      worker: bundle.workerId,
      jobs: jobs.map(({ jobId, verdict: found, logEMillinats }) => ({
        job_id: jobId,
        found,
        log_evidence_milli: logEMillinats ?? null,
      })),
      sha256,
    },
    text: [
      facts([
        ["the verdict follows from its evidence", "computed here"],
        ["verdict", `${bundle.verdict}, ${bundle.verdictId}`],
        ["worker", bundle.workerId],
        ["this file", `SHA-256 ${sha256}`],
      ]),
      "\n",
      table(
        ["job", "found", "ln of evidence"],
        jobs.map((job) => [job.jobId, job.verdict, thousandths(job.logEMillinats)]),
        [2],
      ),
    ],
  };
}

async function downloaded(call: Call, id: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of (await apiClientOf(call)).stream(`/trust/verdicts/${id}/evidence`)) {
    bytes += piece.length;
    if (bytes > BYTES_MAX) throw wrong(`the evidence has more than ${BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function inFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new Fault("not_found", `${file} is neither the id of a verdict nor a file that can be read`, {
      cause,
    });
  }
}

function bundleIn(bytes: Uint8Array) {
  try {
    return readBundle(bytes);
  } catch (error) {
    throw wrong(FlockError.from(error).message);
  }
}

/** What the network tells of the verdict is what the evidence is of. */
async function requireTold(
  call: Call,
  { verdictId, verdict }: { readonly verdictId: string; readonly verdict: string },
): Promise<void> {
  const id = call.args[0]?.toLowerCase() ?? "";
  const network = (await (await apiClientOf(call)).get(`/trust/verdicts/${id}`, told)).verdict;
  if (verdictId !== network.id) throw wrong(`it is the evidence of verdict ${verdictId}`);
  if (verdict !== network.kind)
    throw wrong(`the network tells of a ${network.kind}, the evidence is of a ${verdict}`);
}

function wrong(what: string): Fault {
  return new Fault("check_failed", `the evidence does not bear the verdict out: ${what}`);
}

function thousandths(milli: number | undefined): string {
  return milli === undefined ? "counts for nothing" : (milli / 1_000).toFixed(3);
}
