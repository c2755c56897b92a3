import { WorkersDefinition } from "@flock/proto/public";
import { z } from "zod";
import { address, SIGNED_TEXT_LENGTH_MAX, text } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { type GrpcMethod, unary } from "../grpc-method.js";
import { timestampOf } from "../proto-time.js";
import { read, signatureBytes } from "./request-fields.js";

const challengeRequest = z.object({ wallet: address });
const handedIn = z.object({ text: text(SIGNED_TEXT_LENGTH_MAX), signature: signatureBytes });

/** The service `Workers`. */
export function workersMethods({ enrolment }: MoneyGateway): readonly GrpcMethod[] {
  const { challenge, delegate, openSession } = WorkersDefinition.methods;
  const open = { access: { open: "write" } } as const;
  return [
    unary(WorkersDefinition, challenge, open, async (request) => {
      const { expiresUnixMs, ...given } = await enrolment.challenge(read(request, challengeRequest).wallet);
      return { ...given, expiresAt: timestampOf(expiresUnixMs) };
    }),
    unary(WorkersDefinition, delegate, open, async (request) => {
      const { wallet: workerId, key, payout, expiresAt } = await enrolment.delegate(read(request, handedIn));
      return { workerId, key, payout, expiresAt: timestampOf(expiresAt.getTime()) };
    }),
    unary(WorkersDefinition, openSession, open, async (request) => {
      const { expiresUnixMs, natsUrls, meshKeys, ...session } = await enrolment.openSession(
        read(request, handedIn),
      );
      return {
        ...session,
        expiresAt: timestampOf(expiresUnixMs),
        natsUrls: [...natsUrls],
        meshKeys: [...meshKeys],
      };
    }),
  ];
}
