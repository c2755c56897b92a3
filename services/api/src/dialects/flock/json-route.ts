import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import type { z } from "zod";
import { etagOf, hasIt } from "../../http/etag.js";
import { readJsonObject } from "../../http/json-body.js";
import { checked } from "../../money/money-fields.js";

/** Of a request; what is longer is refused with 413. */
const BODY_BYTES_MAX = 64 * 1024;
const JSON_TYPE = "application/json; charset=utf-8";

type Handle = (request: FastifyRequest) => Promise<object>;

/** A route that answers with JSON, which nobody on the way may keep. */
export function jsonRoute(handle: Handle): RouteHandlerMethod {
  return async (request: FastifyRequest, reply) => {
    const body = await handle(request);
    reply.type(JSON_TYPE).header("cache-control", "no-store");
    return jsonText(body);
  };
}

/** The same of what pages ask for again and again: whoever has it hears 304. The client alone may keep it. */
export function taggedJsonRoute(handle: Handle): RouteHandlerMethod {
  return async (request: FastifyRequest, reply) => {
    return sendTagged(request, reply, jsonText(await handle(request)), "private, no-cache");
  };
}

/** Sends the text of an answer, or 304 to whom has it. `caching`: the value of `cache-control`. */
export function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  text: string,
  caching: string,
): FastifyReply {
  const etag = etagOf(text);
  reply.headers({ "cache-control": caching, etag });
  if (hasIt(request.headers["if-none-match"], etag)) return reply.code(304).send();
  return reply.type(JSON_TYPE).send(text);
}

/** An answer as it is sent: amounts are texts. */
export function jsonText(body: object): string {
  return JSON.stringify(body, (_name, value: unknown) => (typeof value === "bigint" ? String(value) : value));
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
