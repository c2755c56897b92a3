import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/* The document of `/openapi.json` as a program reads it that checks what it sends and gets. */

interface Media {
  readonly schema: AnySchemaObject;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface DescribedResponse {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, Media>>;
}

interface DescribedParameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
  readonly schema?: AnySchemaObject;
}

export interface DescribedOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security: readonly object[];
  readonly parameters?: readonly DescribedParameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, DescribedResponse>>;
}

interface OpenApi {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, AnySchemaObject>>;
    readonly responses: Readonly<Record<string, DescribedResponse>>;
  };
}

const SCHEMAS = "#/components/schemas/";
const RESPONSES = "#/components/responses/";

export class DescribedApi {
  readonly document: OpenApi;
  readonly #ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });

  constructor(document: object) {
    // CAST: another test holds it to OpenAPI's own schema.
    this.document = document as OpenApi;
    addFormats.default(this.#ajv);
    for (const [name, schema] of Object.entries(this.document.components.schemas)) {
      this.#ajv.addSchema(opened(schema), `open:${name}`);
      this.#ajv.addSchema(closed(schema), `closed:${name}`);
    }
  }

  /** Each route: method in capitals, path with braces. */
  operations(): { path: string; method: string; operation: DescribedOperation }[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
    );
  }

  operation(method: string, path: string): DescribedOperation {
    const found = this.document.paths[path]?.[method.toLowerCase()];
    if (found === undefined) throw new Error(`${method} ${path} is not described`);
    return found;
  }

  /** What is wrong with a request's body; undefined if nothing is. */
  faultOfBody(method: string, path: string, body: unknown): string | undefined {
    const media = this.operation(method, path).requestBody?.content["application/json"];
    return this.#fault(opened(media?.schema ?? { not: {} }), body);
  }

  response(method: string, path: string, status: number): DescribedResponse {
    const given = this.operation(method, path).responses[status];
    const response =
      given?.$ref === undefined
        ? given
        : this.document.components.responses[given.$ref.slice(RESPONSES.length)];
    if (response === undefined) throw new Error(`${method} ${path} has no answer ${status}`);
    return response;
  }

  /** What is wrong with an answer's body, or with one line or event of it; members that are not described are, too. */
  faultOfAnswer(
    method: string,
    path: string,
    status: number,
    mediaType: string,
    body: unknown,
  ): string | undefined {
    const { content = {} } = this.response(method, path, status);
    const media = content[mediaType];
    if (media === undefined) return `${mediaType} is not described, but ${Object.keys(content).join(", ")}`;
    return this.#fault(closed(media.schema), body);
  }

  #fault(schema: AnySchemaObject, value: unknown): string | undefined {
    const validate = this.#ajv.compile(schema);
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors);
  }
}

function opened(schema: AnySchemaObject): AnySchemaObject {
  return rewritten(schema, false) as AnySchemaObject;
}

/** No object has more members than are described. */
function closed(schema: AnySchemaObject): AnySchemaObject {
  return rewritten(schema, true) as AnySchemaObject;
}

function rewritten(value: unknown, isClosed: boolean): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => rewritten(each, isClosed));
  const members = Object.entries(value).map(([key, each]): [string, unknown] =>
    key === "$ref" && typeof each === "string"
      ? [key, `${isClosed ? "closed" : "open"}:${each.slice(SCHEMAS.length)}`]
      : [key, rewritten(each, isClosed)],
  );
  const isObject = "properties" in value && "type" in value && value.type === "object";
  const isFree = "additionalProperties" in value;
  return {
    ...Object.fromEntries(members),
    ...(isClosed && isObject && !isFree ? { additionalProperties: false } : {}),
  };
}
