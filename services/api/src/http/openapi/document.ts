import type { HTTPMethods } from "fastify";
import type { Dialect, DialectRoute } from "../dialect.js";
import { errorResponses, errorStatusesOf } from "./error-responses.js";
import { type HeaderPlace, ownHeaders, REQUEST_HEADERS, RESPONSE_HEADERS } from "./headers.js";
import type { JsonSchema, Properties } from "./json-schema.js";
import type { Operation } from "./operation.js";
import {
  mergedOperation,
  type OperationObject,
  type ParameterObject,
  RESPONSES,
  type ResponseObject,
} from "./operation-object.js";
import { SECURITY_SCHEMES, securityOf } from "./security.js";
import { SharedSchemas } from "./shared-schemas.js";

export interface DocumentInfo {
  readonly version: string;
  readonly description: string;
}

/** A route as the document has it. */
interface Described {
  readonly dialect: Dialect;
  readonly route: DialectRoute;
  readonly method: HTTPMethods;
}

/** The OpenAPI 3.1 document of all routes, made of the dialects' own route tables. */
export function openApiDocument(
  dialects: readonly Dialect[],
  { version, description }: DocumentInfo,
): object {
  const responses = errorResponses(dialects);
  const paths: Record<string, Record<string, OperationObject>> = {};
  for (const described of everyRoute(dialects)) {
    const path = templateOf(described.route);
    const item = paths[path] ?? {};
    paths[path] = item;
    const method = described.method.toLowerCase();
    item[method] = mergedOperation(item[method], operationOf(described), responses);
  }
  const shared = new SharedSchemas();
  const written = shared.referred({ paths, responses });
  return {
    openapi: "3.1.1",
    info: { title: "FlockOllamas", version, description, license: { name: "MIT", identifier: "MIT" } },
    servers: [
      { url: "/" },
      {
        url: "/k/{key}",
        description: "For clients that cannot send a header: the key is in front of every path.",
        variables: { key: { default: "flk_", description: "An API key or, where one is taken, a session." } },
      },
    ],
    tags: dialects.map(({ name, described }) => ({
      name,
      "x-displayName": described.title,
      description: described.about,
    })),
    paths: written.paths,
    components: {
      schemas: shared.components(),
      responses: written.responses,
      headers: headerComponents(),
      parameters: requestHeaderComponents(),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function* everyRoute(dialects: readonly Dialect[]): Generator<Described> {
  for (const dialect of dialects)
    for (const route of dialect.routes) for (const method of route.methods) yield { dialect, route, method };
}

/** The path with its parameters in braces. OpenAPI has none that hold slashes: such a one looks like any other. */
function templateOf({ path, operation }: DialectRoute): string {
  const [rest] = Object.keys(operation.path ?? {}).slice(-1);
  return path.replaceAll(/:([a-z]+)/gi, "{$1}").replace("*", `{${rest}}`);
}

function operationOf({ dialect, route, method }: Described): OperationObject {
  const { operation } = route;
  const isHead = method === "HEAD";
  const parameters = parametersOf(route);
  return {
    operationId: isHead ? `${operation.id}Head` : operation.id,
    summary: isHead ? `${operation.summary} (head alone)` : operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    tags: [dialect.name],
    security: securityOf(dialect, route),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.body === undefined
      ? {}
      : {
          requestBody: {
            required: operation.body.isOptional !== true,
            content: {
              "application/json": {
                schema: operation.body.schema,
                examples: { typical: { value: operation.body.example } },
              },
            },
          },
        }),
    responses: {
      ...(operation.answers === undefined ? {} : { "200": successOf(dialect, route, isHead) }),
      ...(operation.isCached
        ? { "304": { description: "Not changed.", headers: referencesTo(["every", "cached"]) } }
        : {}),
      ...Object.fromEntries(
        errorStatusesOf(route).map((status) => [
          String(status),
          { $ref: `${RESPONSES}${dialect.name}-${status}` },
        ]),
      ),
    },
  };
}

function successOf(dialect: Dialect, { operation }: DialectRoute, isHead: boolean): ResponseObject {
  const answers = Object.entries(operation.answers ?? {});
  const description = answers.map(([, answer]) => answer.description).join(" Or: ");
  const headers = { ...referencesTo(placesOf(operation)), ...ownHeaders(dialect) };
  if (isHead) return { description: "As for GET, without a body.", headers };
  const content = Object.fromEntries(
    answers.map(([media, { schema = {} as JsonSchema, isStream }]) => [
      media,
      isStream ? { schema, "x-stream": true } : { schema },
    ]),
  );
  return { description, headers, content };
}

function parametersOf({ operation }: DialectRoute): ParameterObject[] {
  const common = Object.entries(REQUEST_HEADERS)
    .filter(([, { on }]) => placesOf(operation).includes(on))
    .map(([name]) => ({ $ref: `#/components/parameters/${name}` }));
  const { properties: query = {}, required = [] } = (operation.query ?? {}) as {
    readonly properties?: Properties;
    readonly required?: readonly string[];
  };
  return [
    ...namedParameters("path", operation.path ?? {}, () => true),
    ...namedParameters("query", query, (name) => required.includes(name)),
    ...namedParameters("header", operation.headers ?? {}, () => false),
    ...common,
  ];
}

function placesOf({ isJob, isCached }: Operation): readonly HeaderPlace[] {
  return ["every", ...(isJob ? (["job"] as const) : []), ...(isCached ? (["cached"] as const) : [])];
}

function namedParameters(
  place: "path" | "query" | "header",
  properties: Properties,
  isRequired: (name: string) => boolean,
): ParameterObject[] {
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: isRequired(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function referencesTo(places: readonly HeaderPlace[]): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(RESPONSE_HEADERS)
      .filter(([, { on }]) => places.includes(on))
      .map(([name]) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

function headerComponents(): object {
  return Object.fromEntries(
    Object.entries(RESPONSE_HEADERS).map(([name, { description, schema }]) => [
      name,
      { description, schema },
    ]),
  );
}

function requestHeaderComponents(): object {
  return Object.fromEntries(
    Object.entries(REQUEST_HEADERS).map(([name, { description, schema }]) => [
      name,
      { name, in: "header", description, schema },
    ]),
  );
}
