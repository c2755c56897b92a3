import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import type { Answer, Answers } from "./console-server.js";
import { isSignedBy } from "./test-wallet.js";

/** An answer that depends on what was sent. */
export function onBody(
  answer: (body: Readonly<Record<string, string>>) => { readonly status?: number; readonly json: unknown },
): Answer {
  return (request: IncomingMessage, response: ServerResponse) => {
    void json(request).then((body) => {
      // CAST: the console sends JSON objects; a test that meets another one fails by itself.
      const { status = 200, json: said } = answer(body as Record<string, string>);
      response.writeHead(status, { "content-type": "application/json", "x-request-id": "req-test" });
      response.end(JSON.stringify(said));
    });
  };
}

export function refusal(status: number, code: string, message: string, more: object = {}) {
  return { status, json: { error: { code, message, ...more } } };
}

/** Signing in as the api does it: a text for an address, which its wallet signs. */
export function signInAnswers(lifetimeMs = () => 300_000): Answers {
  const given = new Map<string, string>();
  return {
    "POST /flock/v1/sign-in/challenge": onBody(({ address = "" }) => {
      const message = `flock.test wants you to sign in with your Solana account:\n${address}\n\nNonce: ${given.size}`;
      given.set(message, address);
      const expiresAt = new Date(Date.now() + lifetimeMs()).toISOString();
      return { json: { message, input: { address }, expires_at: expiresAt } };
    }),
    "POST /flock/v1/sign-in": onBody(({ message = "", signature = "" }) => {
      const address = given.get(message) ?? "";
      if (!isSignedBy(address, message, signature))
        return refusal(401, "unauthenticated", `the signature is not that of ${address}`);
      const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
      return { json: { session_token: "fls_TestSession123", account: address, expires_at: expiresAt } };
    }),
    "POST /flock/v1/sign-out": { json: { signed_out: true } },
  };
}
