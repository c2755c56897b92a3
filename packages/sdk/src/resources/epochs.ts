import { chunksOf } from "../client/bounded-body.js";
import { FlockConnectionError } from "../client/errors.js";
import type { CallOptions, Transport } from "../client/transport.js";
import { type Decoder, type IsoTime, object, oneOf, orNull, text, time, whole } from "../decoding/decoder.js";
import { type Pages, pagesOf } from "../pages.js";

export interface Epoch {
  readonly number: number;
  readonly state: "open" | "ended" | "closing" | "closed" | "anchored" | "unknown";
  readonly startsAt: IsoTime | null;
  readonly endsAt: IsoTime | null;
  readonly closesAt: IsoTime | null;
  readonly parametersVersion: number;
  /** In hex; null: it is not closed yet. */
  readonly statementRoot: string | null;
  readonly statementLines: number | null;
  /** Of the transaction on chain that has the root. */
  readonly anchorSignature: string | null;
}

export interface EpochsResource {
  /** Newest first. */
  list(options?: CallOptions): Pages<Epoch>;
  get(number: number, options?: CallOptions): Promise<Epoch>;
  /** The bytes of a closed epoch's statement as they come. If they end without an error they are whole. */
  statement(number: number, options?: CallOptions): AsyncIterable<Uint8Array>;
}

const epoch: Decoder<Epoch> = object<Epoch>({
  number: whole,
  state: oneOf(["open", "ended", "closing", "closed", "anchored"]),
  startsAt: orNull(time),
  endsAt: orNull(time),
  closesAt: orNull(time),
  parametersVersion: whole,
  statementRoot: orNull(text),
  statementLines: orNull(whole),
  anchorSignature: orNull(text),
});

export function epochsResource(transport: Transport): EpochsResource {
  return {
    list: (options) => pagesOf(transport, { path: "/epochs", rows: "epochs", row: epoch }, options),
    get: (number, options) => transport.ask({ method: "GET", path: `/epochs/${number}` }, epoch, options),
    statement: (number, options) => statementOf(transport, number, options),
  };
}

async function* statementOf(
  transport: Transport,
  number: number,
  options: CallOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const headers = { accept: "application/x-ndjson" };
  const path = `/epochs/${number}/statement`;
  const response = await transport.open({ method: "GET", path, headers }, options);
  try {
    yield* chunksOf(response);
  } catch (cause) {
    if (options.signal?.aborted === true) throw options.signal.reason;
    throw new FlockConnectionError("unreachable", "the statement broke off", cause);
  }
}
