import { encodeParameters } from "@flock/parameters";
import { type Epoch as BookEpoch, EpochState as BookState } from "@flock/proto/ledger";
import { type Epoch, EpochState, LedgerDefinition, ReadEpochStatementResponse } from "@flock/proto/public";
import { z } from "zod";
import { epochOf, hasStatement, latestEpochs, statementPortions } from "../../money/epoch-facts.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import type { ClientAddresses } from "../client-addresses.js";
import { networkLoadMessage } from "../figure-messages.js";
import type { GrpcCall } from "../grpc-call.js";
import { bufferOf, type GrpcMethod, type MessageStream, streaming, unary } from "../grpc-method.js";
import { timestampOf } from "../proto-time.js";
import { page, read } from "./request-fields.js";

const OPEN = { access: { open: "read" } } as const;
/** As in a path: every number that an epoch may have is exact. */
const EPOCH_MAX = 10n ** 15n;

const epochsRequest = z.object(page);
const epochRequest = z.object({
  number: z
    .bigint()
    .refine((number) => number >= 0n && number < EPOCH_MAX, "must be an epoch's number, from 0")
    .transform(Number),
});

/** The service `Ledger`. */
export function ledgerMethods(gateway: MoneyGateway, addresses: ClientAddresses): readonly GrpcMethod[] {
  const { getNetwork, getReserves } = LedgerDefinition.methods;
  const { services, network, parameters, reserves, guests, figures } = gateway;
  return [
    unary(LedgerDefinition, getNetwork, OPEN, async () => {
      const chain =
        services.chain === "none" ? undefined : { name: services.chain, ...(await network.read()) };
      const live = figures.live();
      return {
        chain,
        parametersJson: encodeParameters(parameters.current),
        guests: await guests?.terms(),
        live: live && networkLoadMessage(live, figures.groupMin),
      };
    }),
    unary(LedgerDefinition, getReserves, OPEN, async () => {
      const found = await reserves.read();
      return { ...found, slot: BigInt(found.slot) };
    }),
    ...epochMethods(gateway, addresses),
  ];
}

function epochMethods(gateway: MoneyGateway, addresses: ClientAddresses): readonly GrpcMethod[] {
  const { listEpochs, getEpoch, readEpochStatement } = LedgerDefinition.methods;
  return [
    unary(LedgerDefinition, listEpochs, OPEN, async (request, { context }) => {
      const { cursor, pageSize: limit } = read(request, epochsRequest);
      const found = await latestEpochs(gateway, context, { cursor, limit });
      return { epochs: found.epochs.map(epochMessage), nextCursor: found.nextCursor };
    }),
    unary(LedgerDefinition, getEpoch, OPEN, async (request, { context }) => ({
      epoch: epochMessage(await epochOf(gateway, context, read(request, epochRequest).number)),
    })),
    streaming(LedgerDefinition, readEpochStatement, OPEN, async (request, call, stream) => {
      const { number } = read(request, epochRequest);
      call.whenOver(gateway.statementReaders.begin(addresses.of(call)));
      await sendStatement(gateway, number, call, stream);
      stream.end();
    }),
  ];
}

/** The next portion is asked for when the client has taken the one before. */
async function sendStatement(
  gateway: MoneyGateway,
  number: number,
  call: GrpcCall,
  stream: MessageStream,
): Promise<void> {
  for await (const text of statementPortions(gateway, call.context, number)) {
    const bytes = bufferOf(ReadEpochStatementResponse.encode({ text }).finish());
    await new Promise<void>((resolve, reject) => {
      const onGone = () => reject(call.gone.reason);
      if (call.gone.aborted) return onGone();
      call.gone.addEventListener("abort", onGone, { once: true });
      stream.write(bytes, () => {
        call.gone.removeEventListener("abort", onGone);
        resolve();
      });
    });
  }
}

const EPOCH_STATES: ReadonlyMap<BookState, EpochState> = new Map([
  [BookState.OPEN, EpochState.OPEN],
  [BookState.ENDED, EpochState.ENDED],
  [BookState.CLOSING, EpochState.CLOSING],
  [BookState.CLOSED, EpochState.CLOSED],
  [BookState.ANCHORED, EpochState.ANCHORED],
]);

function epochMessage(found: BookEpoch): Epoch {
  const isStated = hasStatement(found);
  return {
    number: BigInt(found.number),
    state: EPOCH_STATES.get(found.state) ?? EpochState.UNSPECIFIED,
    startsAt: timestampOf(found.startsUnixMs),
    endsAt: timestampOf(found.endsUnixMs),
    closesAt: timestampOf(found.closesUnixMs),
    parametersVersion: found.parametersVersion,
    statementRoot: isStated ? found.statementRoot : new Uint8Array(),
    statementLines: isStated ? BigInt(found.statementLines) : 0n,
    anchorSignature: found.anchorSignature,
  };
}
