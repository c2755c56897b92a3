import type { FlockErrorCode } from "@flock/errors";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { SIGNED_TEXT_LENGTH_MAX, signature, text } from "../../money/money-fields.js";
import type { SignedText } from "../../money/signed-order.js";
import { schemaOf } from "./described.js";
import { bodyOf } from "./json-route.js";

const signedBody = z.object({
  text: text(SIGNED_TEXT_LENGTH_MAX).meta({ description: "Exactly what the wallet signed." }),
  signature,
});

/** A text that a wallet signed, in the body. */
export function signedTextOf(request: FastifyRequest): Promise<SignedText> {
  return bodyOf(request, signedBody);
}

/** The body of requests with such a text, as `/openapi.json` describes it. */
export const SIGNED_BODY = {
  schema: schemaOf(signedBody),
  example: {
    text: "FlockOllamas withdrawal\nnetwork: 4uhcVJ…\n…",
    signature: "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9Cos…",
  },
};

/** How such a text can be refused. */
export const SIGNED_ERRORS: readonly FlockErrorCode[] = [
  "failed_precondition",
  "unauthenticated",
  "insufficient_funds",
  "permission_denied",
  "not_found",
  "already_exists",
];
