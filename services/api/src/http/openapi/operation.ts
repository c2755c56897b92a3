import type { FlockErrorCode } from "@flock/errors";
import type { JsonSchema, Properties } from "./json-schema.js";

/** What `/openapi.json` says of a route, beside what route and dialect say by themselves (path, access, errors). */
export interface Operation {
  /** A name for generated clients, unique among all routes. */
  readonly id: string;
  /** A few words. */
  readonly summary: string;
  readonly description?: string;
  /** Of each parameter in the path; what a star in it stands for is named here alone. */
  readonly path?: Properties;
  /** An object of the parameters. */
  readonly query?: JsonSchema;
  /** Headers that this request alone has. */
  readonly headers?: Properties;
  readonly body?: {
    readonly schema: JsonSchema;
    readonly example: unknown;
    /** Default: the body is needed. */
    readonly isOptional?: boolean;
  };
  /** An answer with status 200, by media type. None: the request is always refused. */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** Has a model run: it can fail as jobs do, and its answer has the headers of a job. */
  readonly isJob?: boolean;
  /** Answers have an `etag`, and to whom has it already the answer is 304. */
  readonly isCached?: boolean;
  /** Codes of errors that other requests of its kind do not have. */
  readonly errors?: readonly FlockErrorCode[];
}

export interface Answer {
  readonly description: string;
  /** Of a stream: of one line, or of the data of one event. Undefined for what is no JSON. */
  readonly schema?: JsonSchema;
  readonly isStream?: boolean;
}

export const JSON_MEDIA = "application/json";
export const NDJSON_MEDIA = "application/x-ndjson";
export const SSE_MEDIA = "text/event-stream";

/** An answer that is one JSON object. */
export function answering(schema: JsonSchema, description = "Done."): Operation["answers"] {
  return { [JSON_MEDIA]: { description, schema } };
}

/** An answer of a model, whole or as a stream: the request says which. */
export function answeringAlsoBy(
  media: typeof NDJSON_MEDIA | typeof SSE_MEDIA,
  { whole, piece }: { readonly whole: JsonSchema; readonly piece: JsonSchema },
): Operation["answers"] {
  const unit =
    media === NDJSON_MEDIA ? "lines; the schema is of one line" : "events; the schema is of one event's data";
  return {
    [JSON_MEDIA]: { description: "The whole answer.", schema: whole },
    [media]: { description: `The answer as it is generated, in ${unit}.`, schema: piece, isStream: true },
  };
}
