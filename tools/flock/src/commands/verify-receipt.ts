import { readFile } from "node:fs/promises";
import { FlockError } from "@flock/errors";
import { openReceipt } from "@flock/jobs";
import { isSignedBy, readDelegation } from "@flock/orders";
import { type Receipt, SignedReceipt } from "@flock/proto/jobs";
import { base58 } from "@scure/base";
import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { withSession } from "../money/session.js";
import { moment } from "../output/format.js";
import { facts } from "../output/sheet.js";

const receipt = z.looseObject({
  signed_receipt: z.string(),
  worker_key: z.string(),
  job_id: z.string(),
  signer: z.string().optional(),
  delegation: z.looseObject({ text: z.string(), signature: z.string() }).nullable().default(null),
});
type Told = z.output<typeof receipt>;
const oneReceipt = z.looseObject({ receipt });

/** `flock verify receipt`: follows an answer to the wallet that vouches for it, and believes the API nothing. */
export async function verifyReceipt(call: Call<{ readonly file?: string }>): Promise<Answer> {
  const { args, options } = call;
  const [id] = args;
  if ((id === undefined) === (options.file === undefined))
    throw new Fault("usage", "which receipt? name a job, or a file with --file");
  const told = options.file === undefined ? await ofJob(call, id ?? "") : await inFile(options.file);
  const { signed, chain } = checked(told, id ?? told.job_id);
  return {
    json: {
      verified: true,
      job_id: signed.jobId,
      worker: signed.workerId,
      model: signed.model,
      prompt_tokens: signed.promptTokens,
      completion_tokens: signed.completionTokens,
      output_sha256: Buffer.from(signed.outputSha256).toString("hex"),
      finished_at: new Date(signed.finishedUnixMs).toISOString(),
      chain,
    },
    text: facts([
      ["the receipt is genuine", chain],
      ["job", signed.jobId],
      ["worker", signed.workerId],
      ["model", `${signed.model}, digest ${signed.modelDigest}`],
      ["tokens", `${signed.promptTokens} of the prompt, ${signed.completionTokens} of the answer`],
      ["output", `SHA-256 ${Buffer.from(signed.outputSha256).toString("hex")}`],
      ["ended (UTC)", moment(signed.finishedUnixMs)],
    ]),
  };
}

function ofJob(call: Call, id: string): Promise<Told> {
  return withSession(call, async (api) => {
    const found = await api.get(`/jobs/${encodeURIComponent(id)}/receipt`, oneReceipt);
    return found.receipt;
  });
}

async function inFile(file: string): Promise<Told> {
  const text = await readFile(file, "utf8");
  try {
    return receipt.parse(JSON.parse(text));
  } catch (cause) {
    throw new FlockError("invalid_argument", `${file} holds no receipt of "flock jobs receipt --json"`, {
      cause,
    });
  }
}

/** @throws Fault `check_failed` that says which link is missing */
function checked(told: Told, jobId: string): { signed: Receipt; chain: string } {
  const envelope = decoded(told.signed_receipt);
  const signed = envelope && openReceipt(envelope);
  if (envelope === undefined || signed === undefined)
    throw wrong("its signature is not that of the key that it names");
  if (signed.jobId !== jobId) throw wrong(`it is of job ${signed.jobId}, not of ${jobId}`);
  if (signed.workerId !== told.worker_key)
    throw wrong(`it names worker ${signed.workerId}, and the API says ${told.worker_key}`);
  if (envelope.signer === signed.workerId) return { signed, chain: "signed by the worker's own key" };
  if (told.delegation === null)
    throw wrong(
      `it is signed by ${envelope.signer}, and nothing shows that ${signed.workerId} has let that key work`,
    );
  const { text, signature } = told.delegation;
  const read = readDelegation(text);
  if ("fault" in read) throw wrong(`what the wallet is said to have signed is no delegation: ${read.fault}`);
  if (read.wallet !== signed.workerId || read.key !== envelope.signer)
    throw wrong("what the wallet has signed is for another wallet or another key");
  if (!isSignedBy(read.wallet, text, signatureBytes(signature)))
    throw wrong(`the delegation is not signed by ${read.wallet}`);
  if (signed.startedUnixMs > read.expiresMs) throw wrong("the delegation had lapsed when the job began");
  if (signed.payeeId !== (read.payout === read.wallet ? "" : read.payout))
    throw wrong("it names another payee than the wallet has");
  return { signed, chain: `signed by ${envelope.signer}, which the wallet ${read.wallet} has let work` };
}

function decoded(base64: string): SignedReceipt | undefined {
  try {
    return SignedReceipt.decode(Buffer.from(base64, "base64"));
  } catch {
    // Not what a worker has signed.
    return undefined;
  }
}

function signatureBytes(text: string): Uint8Array {
  try {
    return base58.decode(text);
  } catch {
    // Nobody's signature.
    return new Uint8Array(64);
  }
}

function wrong(why: string): Fault {
  return new Fault("check_failed", `the receipt proves nothing: ${why}`);
}
