import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { list, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { address, SIGNED_TEXT_LENGTH_MAX, signature, text } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { moment, schemaOf } from "./described.js";
import { bodyOf, isoOf, jsonRoute } from "./json-route.js";

/* How workers enrol. */

const challengeBody = z.object({ wallet: address });
const delegationBody = z.object({
  text: text(SIGNED_TEXT_LENGTH_MAX).meta({ description: "Exactly what the wallet signed." }),
  signature,
});
const sessionBody = z.object({
  text: text(SIGNED_TEXT_LENGTH_MAX).meta({ description: "Exactly what the worker's key signed." }),
  signature,
});

/** POST /flock/v1/workers/challenges: a word for the text that a worker's wallet signs. */
export function workerChallenge({ enrolment }: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { wallet } = await bodyOf(request, challengeBody);
    const { challenge, api, expiresUnixMs } = await enrolment.challenge(wallet);
    return { challenge, api, expires_at: isoOf(expiresUnixMs) };
  });
}

/** POST /flock/v1/workers/delegations: keeps what the wallet has signed. */
export function delegate({ enrolment }: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { wallet, key, payout, expiresAt } = await enrolment.delegate(
      await bodyOf(request, delegationBody),
    );
    return { worker_id: wallet, key, payout, expires_at: expiresAt.toISOString() };
  });
}

/** POST /flock/v1/workers/sessions: lets a session of the worker in on NATS. */
export function openWorkerSession({ enrolment }: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const session = await enrolment.openSession(await bodyOf(request, sessionBody));
    return {
      worker_id: session.workerId,
      payout: session.payout,
      jwt: session.jwt,
      expires_at: isoOf(session.expiresUnixMs),
      nats_urls: session.natsUrls,
      mesh_keys: session.meshKeys,
    };
  });
}

const SIGNATURE_EXAMPLE = "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9Cos…";
const workerId = string("By what the network knows the worker: the wallet's address.");
const payout = string("The wallet that is paid.");

export const WORKER_CHALLENGE: Operation = {
  id: "flockWorkerChallenge",
  summary: "A word for the text with which a wallet lets a worker's key work in its name",
  body: {
    schema: schemaOf(challengeBody),
    example: { wallet: "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU" },
  },
  answers: answering(
    told({
      challenge: string("Letters and digits. It is good for one delegation of this wallet."),
      api: string("Origin of this API, as the text has to name it."),
      expires_at: moment("After this it is worth nothing."),
    }),
    "The word.",
  ),
};

export const DELEGATE: Operation = {
  id: "flockDelegateToWorker",
  summary: "Let a worker's key work in the name of the wallet that signed the text",
  description: "The same text again is no error.",
  body: {
    schema: schemaOf(delegationBody),
    example: {
      text: "FlockOllamas worker\napi: …\nwallet: 7xKXtg…\n…",
      signature: SIGNATURE_EXAMPLE,
    },
  },
  answers: answering(
    told({
      worker_id: workerId,
      key: string("The key that works in its name, in base58."),
      payout,
      expires_at: moment("When the delegation lapses."),
    }),
    "What the text says.",
  ),
  errors: ["unauthenticated", "permission_denied"],
};

export const WORKER_SESSION: Operation = {
  id: "flockOpenWorkerSession",
  summary: "Let a session of a worker in on NATS, or renew it",
  body: {
    schema: schemaOf(sessionBody),
    example: {
      text: "FlockOllamas worker session\nkey: 9xQeWv…\nsession: UA3K…\nissued: 2026-12-01T12:00:00.000Z",
      signature: SIGNATURE_EXAMPLE,
    },
  },
  answers: answering(
    told({
      worker_id: workerId,
      payout,
      jwt: string("A NATS user JWT, for who has the seed of the session's key."),
      expires_at: moment("When the JWT lapses, and NATS ends its connections."),
      nats_urls: list(string("`nats://…`, `wss://…`"), "Where NATS is, by different ways."),
      mesh_keys: list(
        string("In base58."),
        "Keys that tickets and commands of the network are signed with. A worker believes no others.",
      ),
    }),
    "The session.",
  ),
  errors: ["unauthenticated", "permission_denied"],
};
