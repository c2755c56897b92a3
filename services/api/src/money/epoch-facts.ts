import { FlockError } from "@flock/errors";
import { type Epoch, EpochState, type EpochsReply, LEDGER } from "@flock/proto/ledger";
import type { RequestContext } from "../request-context.js";
import { type Page, tracing } from "./caller.js";
import type { MoneyGateway } from "./money-gateway.js";

/** Newest first. */
export function latestEpochs(
  { services }: MoneyGateway,
  context: RequestContext,
  { cursor, limit }: Page,
): Promise<EpochsReply> {
  const asked = { cursor, limit, state: EpochState.UNSPECIFIED };
  return services.ask(LEDGER.epochs, asked, tracing(context));
}

export async function epochOf(
  { services }: MoneyGateway,
  context: RequestContext,
  number: number,
): Promise<Epoch> {
  const { epoch } = await services.ask(LEDGER.epoch, { epoch: number }, tracing(context));
  if (epoch === undefined) throw new FlockError("internal", "the ledger answered without an epoch");
  return epoch;
}

/** Whether the epoch's statement is final. */
export function hasStatement({ state }: Epoch): boolean {
  return state === EpochState.CLOSED || state === EpochState.ANCHORED;
}

/**
 * The canonical lines of a closed epoch, exactly what its root is made of, in portions: the next one is asked for when
 * it is wanted. A statement that ends is whole; one that cannot be read on throws.
 */
export async function* statementPortions(
  { services }: MoneyGateway,
  context: RequestContext,
  epoch: number,
): AsyncGenerator<string> {
  let cursor = "";
  do {
    const portion = await services.ask(LEDGER.epochStatement, { epoch, cursor }, tracing(context));
    yield portion.lines.map((line) => `${line}\n`).join("");
    cursor = portion.nextCursor;
  } while (cursor !== "");
}
