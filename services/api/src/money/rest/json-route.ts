import type { FastifyRequest, RouteHandlerMethod } from "fastify";
import type { z } from "zod";
import { readJsonObject } from "../../http/json-body.js";
import { checked } from "../money-fields.js";

/** Of a request; what is longer is refused with 413. */
const BODY_BYTES_MAX = 64 * 1024;
const JSON_TYPE = "application/json; charset=utf-8";

/** A route that answers with JSON, which nobody on the way may keep. */
export function jsonRoute(handle: (request: FastifyRequest) => Promise<object>): RouteHandlerMethod {
  return async (request: FastifyRequest, reply) => {
    const body = await handle(request);
    reply.type(JSON_TYPE).header("cache-control", "no-store");
    return JSON.stringify(body, (_name, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
  };
}

/**
 * The body, checked; no body is as good as an empty object, and fields that the schema does not name are ignored.
 * Throws `invalid_argument` that names the field.
 */
export async function bodyOf<Schema extends z.ZodType>(
  request: FastifyRequest,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
  const isEmpty = length === "0" && encoding === undefined;
  return checked(isEmpty ? {} : await readJsonObject(request, { bodyBytesMax: BODY_BYTES_MAX }), schema);
}

/** The query, checked likewise. */
export function queryOf<Schema extends z.ZodType>(request: FastifyRequest, schema: Schema): z.output<Schema> {
  return checked(request.query, schema);
}

/** The parameters in the path, checked likewise. */
export function pathOf<Schema extends z.ZodType>(request: FastifyRequest, schema: Schema): z.output<Schema> {
  return checked(request.params, schema);
}

/** A moment as ISO 8601 in UTC; null for none. */
export function isoOf(unixMs: number): string | null {
  return unixMs === 0 ? null : new Date(unixMs).toISOString();
}

/** The next page's cursor as clients get it: null on the last page. */
export function nextOf(nextCursor: string): string | null {
  return nextCursor === "" ? null : nextCursor;
}
