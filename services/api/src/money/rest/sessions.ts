import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { sessionOf } from "../caller.js";
import { address, signature, text } from "../money-fields.js";
import type { MoneyGateway } from "../money-gateway.js";
import { answering, bodyOf } from "./json-route.js";

const MESSAGE_LENGTH_MAX = 2_048;

const challengeBody = z.object({ address });
const signInBody = z.object({ message: text(MESSAGE_LENGTH_MAX), signature });
const signOutBody = z.object({ everywhere: z.boolean("must be true or false").default(false) });

/** POST /flock/v1/sign-in/challenge: the text that a wallet signs to sign in. */
export function challenge({ signIn }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const given = await bodyOf(request, challengeBody);
    const { message, input } = await signIn.challenge(given.address);
    return { message, input, expires_at: input.expirationTime };
  });
}

/** POST /flock/v1/sign-in: a session for the wallet that signed the text. */
export function openSession({ signIn }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { message, signature: signed } = await bodyOf(request, signInBody);
    const { address: account, token, expiresAt } = await signIn.open(message, signed);
    return { session_token: token, account, expires_at: expiresAt.toISOString() };
  });
}

/** POST /flock/v1/sign-out: ends this session, or all of the account's. */
export function endSession({ sessions }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { everywhere } = await bodyOf(request, signOutBody);
    await sessions.end(sessionOf(request.requestContext), everywhere ? "all" : "this");
    return { signed_out: true };
  });
}
