import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { anyObject, flag, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { sessionOf } from "../../money/caller.js";
import { address, signature, text } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { moment, schemaOf } from "./described.js";
import { bodyOf, jsonRoute } from "./json-route.js";

const MESSAGE_LENGTH_MAX = 2_048;

const challengeBody = z.object({ address });
const signInBody = z.object({ message: text(MESSAGE_LENGTH_MAX), signature });
const signOutBody = z.object({ everywhere: z.boolean("must be true or false").default(false) });

/** POST /flock/v1/sign-in/challenge: the text that a wallet signs to sign in. */
export function challenge({ signIn }: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const given = await bodyOf(request, challengeBody);
    const { message, input } = await signIn.challenge(given.address);
    return { message, input, expires_at: input.expirationTime };
  });
}

/** POST /flock/v1/sign-in: a session for the wallet that signed the text. */
export function openSession({ signIn }: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { message, signature: signed } = await bodyOf(request, signInBody);
    const { address: account, token, expiresAt } = await signIn.open(message, signed);
    return { session_token: token, account, expires_at: expiresAt.toISOString() };
  });
}

/** POST /flock/v1/sign-out: ends this session, or all of the account's. */
export function endSession({ sessions }: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { everywhere } = await bodyOf(request, signOutBody);
    await sessions.end(sessionOf(request.requestContext), everywhere ? "all" : "this");
    return { signed_out: true };
  });
}

export const CHALLENGE: Operation = {
  id: "flockSignInChallenge",
  summary: "The text that a wallet signs to sign in",
  body: {
    schema: schemaOf(challengeBody),
    example: { address: "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU" },
  },
  answers: answering(
    told({
      message: string("What is signed, as it is or in Solana's off-chain envelope."),
      input: anyObject("The same for wallets that speak Sign-In With Solana."),
      expires_at: moment("After this it is worth nothing."),
    }),
    "The text.",
  ),
};

export const SIGN_IN: Operation = {
  id: "flockSignIn",
  summary: "Open a session for the wallet that signed the text",
  body: {
    schema: schemaOf(signInBody),
    example: {
      message: "127.0.0.1:11435 wants you to sign in …",
      signature: "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9Cos…",
    },
  },
  answers: answering(
    told({
      session_token: string("Goes where a key goes."),
      account: string("The wallet's address."),
      expires_at: moment("When it ends by itself."),
    }),
    "The session.",
  ),
  errors: ["unauthenticated"],
};

export const SIGN_OUT: Operation = {
  id: "flockSignOut",
  summary: "End this session, or all of the account's",
  body: { schema: schemaOf(signOutBody), example: { everywhere: true }, isOptional: true },
  answers: answering(told({ signed_out: flag("Always true.") })),
};
