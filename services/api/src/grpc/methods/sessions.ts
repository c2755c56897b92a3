import { SessionsDefinition } from "@flock/proto/public";
import { z } from "zod";
import { sessionOf } from "../../money/caller.js";
import { address, text } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { type GrpcMethod, unary } from "../grpc-method.js";
import { timestampOf } from "../proto-time.js";
import { read, signatureBytes } from "./request-fields.js";

const challengeRequest = z.object({ address });
const openRequest = z.object({ message: text(2_048), signature: signatureBytes });

/** The service `Sessions`. */
export function sessionsMethods({ signIn, sessions }: MoneyGateway): readonly GrpcMethod[] {
  const { createChallenge, openSession, endSession } = SessionsDefinition.methods;
  const open = { access: { open: "write" } } as const;
  return [
    unary(SessionsDefinition, createChallenge, open, async (request) => {
      const { message, input } = await signIn.challenge(read(request, challengeRequest).address);
      return { message, expiresAt: timestampOf(Date.parse(input.expirationTime)) };
    }),
    unary(SessionsDefinition, openSession, open, async (request) => {
      const { message, signature } = read(request, openRequest);
      const { address: account, token, expiresAt } = await signIn.open(message, signature);
      return { sessionToken: token, account, expiresAt: timestampOf(expiresAt.getTime()) };
    }),
    unary(
      SessionsDefinition,
      endSession,
      { access: { takes: "session" } },
      async ({ everywhere }, { context }) => {
        await sessions.end(sessionOf(context), everywhere ? "all" : "this");
        return {};
      },
    ),
  ];
}
