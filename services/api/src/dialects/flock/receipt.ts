import { base58 } from "@scure/base";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { integer, orNull, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { accountReceipt, type JobReceipt } from "../../money/account-receipt.js";
import { uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { moment, parametersOf } from "./described.js";
import { isoOf, jsonRoute, pathOf } from "./json-route.js";

const receiptPath = z.object({ id: uuid });

/** GET /flock/v1/jobs/:id/receipt: what the last worker of a job has signed, which names it. */
export function receipt(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { id } = pathOf(request, receiptPath);
    return { receipt: receiptView(await accountReceipt(gateway, request.requestContext, id)) };
  });
}

function receiptView({ encoded, outcome, receipt: found, signer, delegation }: JobReceipt) {
  return {
    signed_receipt: Buffer.from(encoded).toString("base64"),
    worker_key: found.workerId,
    job_id: found.jobId,
    lease: found.lease,
    requester_id: found.requesterId,
    model: found.model,
    model_digest: found.modelDigest,
    outcome,
    prompt_tokens: found.promptTokens,
    completion_tokens: found.completionTokens,
    resumed_tokens: found.resumedTokens,
    output_sha256: Buffer.from(found.outputSha256).toString("hex"),
    started_at: isoOf(found.startedUnixMs),
    first_token_at: isoOf(found.firstTokenUnixMs),
    finished_at: isoOf(found.finishedUnixMs),
    payee: found.payeeId === "" ? null : found.payeeId,
    signer,
    delegation:
      delegation === undefined
        ? null
        : { text: delegation.text, signature: base58.encode(delegation.signature) },
  };
}

const tokens = (description: string) => integer(description, { minimum: 0 });

const DESCRIBED = told({
  signed_receipt: string("All of it, as it was signed: a `flock.jobs.v1.SignedReceipt`.", {
    contentEncoding: "base64",
  }),
  worker_key: string(
    "The address of the worker's wallet or, of one that has delegated to no key, its own public key; in base58.",
  ),
  job_id: string("Of the job.", { format: "uuid" }),
  lease: integer("How many workers had got the job by then.", { minimum: 1 }),
  requester_id: string("The process of the api that had the job done."),
  model: string("By its name in the catalogue."),
  model_digest: string("What the model is, in hex."),
  outcome: string("`completed`: the model came to its end. `cancelled`: the worker was told to stop."),
  prompt_tokens: tokens("Tokens of the prompt."),
  completion_tokens: tokens("Tokens that this worker generated."),
  resumed_tokens: tokens("Tokens of the workers before it."),
  output_sha256: string("Of what this worker generated, in hex."),
  started_at: orNull(moment("When it began, by its own clock.")),
  first_token_at: orNull(moment("When it had the first token.")),
  finished_at: orNull(moment("When it had ended.")),
  payee: orNull(string("The account that is paid in its place.")),
  signer: string("The public key that signed it, in base58."),
  delegation: orNull(
    told({
      text: string("What the worker's wallet has signed; it names the wallet and the signer."),
      signature: string("The wallet's signature over it, in base58."),
    }),
  ),
});

export const RECEIPT: Operation = {
  id: "flockJobReceipt",
  summary: "What the last worker of a job has signed; it names the worker",
  description: "Signed by a key that the worker's wallet delegates to, it comes with that delegation.",
  path: parametersOf(receiptPath),
  answers: answering(told({ receipt: DESCRIBED }), "The receipt."),
  errors: ["not_found"],
};
