import type { JsonSchema } from "./json-schema.js";

/* Parts of an OpenAPI document, as far as ours has them. */

export type ParameterObject =
  | { readonly $ref: string }
  | {
      readonly name: string;
      readonly in: "path" | "query" | "header";
      readonly required: boolean;
      readonly description?: unknown;
      readonly schema: JsonSchema;
    };

interface MediaObject {
  readonly schema: JsonSchema;
  readonly [more: string]: unknown;
}

export interface ResponseObject {
  readonly description: string;
  readonly headers: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, MediaObject>>;
}

/** By name, as components have them. */
export type Responses = Readonly<Record<string, ResponseObject>>;

/** Where a document has them. */
export const RESPONSES = "#/components/responses/";

type Response = ResponseObject | { readonly $ref: string };

export interface OperationObject {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly object[];
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, Response>>;
}

/**
 * Two dialects can have the same route, and a header of the request decides: OpenAPI has one operation for both. It
 * says what either of them answers.
 */
export function mergedOperation(
  first: OperationObject | undefined,
  second: OperationObject,
  responses: Responses,
): OperationObject {
  if (first === undefined) return second;
  const statuses = new Set([...Object.keys(first.responses), ...Object.keys(second.responses)]);
  return {
    ...first,
    description: [first.description, second.description].filter((each) => each !== undefined).join("\n\n"),
    tags: [...first.tags, ...second.tags],
    security: distinct([...first.security, ...second.security]),
    parameters: distinct([...(first.parameters ?? []), ...(second.parameters ?? [])]),
    responses: Object.fromEntries(
      [...statuses].map((status) => [
        status,
        mergedResponse(first.responses[status], second.responses[status], responses),
      ]),
    ),
  };
}

function mergedResponse(
  first: Response | undefined,
  second: Response | undefined,
  responses: Responses,
): Response {
  const [only, other] = [first, second].filter((each) => each !== undefined);
  if (only === undefined) throw new Error("neither of two operations has this response");
  if (other === undefined) return only;
  const one = resolved(only, responses);
  const two = resolved(other, responses);
  return {
    description: one.description,
    headers: { ...two.headers, ...one.headers },
    content: mergedContent(one.content ?? {}, two.content ?? {}),
  };
}

function resolved(response: Response, responses: Responses): ResponseObject {
  if (!("$ref" in response)) return response;
  const found = responses[response.$ref.slice(RESPONSES.length)];
  if (found === undefined) throw new Error(`there is no response ${response.$ref}`);
  return found;
}

function mergedContent(
  first: Readonly<Record<string, MediaObject>>,
  second: Readonly<Record<string, MediaObject>>,
): Readonly<Record<string, MediaObject>> {
  const merged: Record<string, MediaObject> = { ...first };
  for (const [media, object] of Object.entries(second)) {
    const known = merged[media];
    merged[media] =
      known === undefined ? object : { ...known, schema: { anyOf: [known.schema, object.schema] } };
  }
  return merged;
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
