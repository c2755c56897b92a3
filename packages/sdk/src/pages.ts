import { FlockAnswerError } from "./client/errors.js";
import type { CallOptions, Transport } from "./client/transport.js";
import { type Decoder, inside, list, orNull, text } from "./decoding/decoder.js";

/** A part of a list. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Begins the next one; null: there is none. */
  readonly nextCursor: string | null;
}

/** Which part of a list. */
export interface PageQuery {
  /** From the page before; none: the first one. */
  readonly cursor?: string | undefined;
  /** Rows of a page: 1 to 500, 100 by default. */
  readonly limit?: number | undefined;
}

/** A list, of which no more is asked for than is looked at: `for await (const row of pages)`. */
export interface Pages<Row> extends AsyncIterable<Row> {
  page(query?: PageQuery, options?: CallOptions): Promise<Page<Row>>;
}

/** Which list. */
interface ListAsked<Row> {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | boolean | undefined>>;
  /** What the member with the rows is called on the wire. */
  readonly rows: string;
  readonly row: Decoder<Row>;
}

export function pagesOf<Row>(
  transport: Transport,
  { path, query, rows, row }: ListAsked<Row>,
  options: CallOptions = {},
): Pages<Row> {
  const decoder: Decoder<Page<Row>> = (value, field) => ({
    rows: inside(rows, list(row))(value, field),
    nextCursor: inside("next_cursor", orNull(text))(value, field),
  });
  const page = ({ cursor, limit }: PageQuery = {}, own: CallOptions = options): Promise<Page<Row>> =>
    transport.ask({ method: "GET", path, query: { ...query, cursor, limit } }, decoder, own);
  return { page, [Symbol.asyncIterator]: () => rowsOf(page) };
}

async function* rowsOf<Row>(
  page: (query: PageQuery) => Promise<Page<Row>>,
): AsyncGenerator<Row, void, undefined> {
  let cursor: string | undefined;
  for (;;) {
    const { rows, nextCursor } = await page({ cursor });
    yield* rows;
    if (nextCursor === null) return;
    if (nextCursor === cursor) throw new FlockAnswerError("next_cursor", "leads to the same page again");
    cursor = nextCursor;
  }
}
