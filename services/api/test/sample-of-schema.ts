import type { AnySchemaObject } from "ajv";
import fc from "fast-check";

/* Values that a schema takes, as far as the schemas of our requests go: whatever a client may send. */

type Schemas = Readonly<Record<string, AnySchemaObject>>;

const OBJECT = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 });
const PNG = "iVBORw0KGgo=";

/** @param schemas The components that references name. */
export function samplesOf(schema: AnySchemaObject, schemas: Schemas): fc.Arbitrary<unknown> {
  const { $ref, anyOf, const: only, enum: some, type } = schema;
  if ($ref !== undefined) return samplesOf(schemas[$ref.split("/").at(-1)] ?? {}, schemas);
  if (only !== undefined) return fc.constant(only);
  if (some !== undefined) return fc.constantFrom(...some);
  if (schema["properties"] !== undefined) return objects(schema, schemas);
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((each: AnySchemaObject) => samplesOf(each, schemas)));
  switch (type) {
    case "string":
      return texts(schema);
    case "integer":
      return fc.integer({ min: schema["minimum"] ?? -5, max: schema["maximum"] ?? 1_000 });
    case "number":
      return fc.double({
        min: schema["minimum"] ?? schema["exclusiveMinimum"] ?? -5,
        max: 5,
        noNaN: true,
        ...(schema["exclusiveMinimum"] === undefined ? {} : { minExcluded: true }),
      });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(samplesOf(schema["items"] ?? {}, schemas), {
        minLength: schema["minItems"] ?? 0,
        maxLength: schema["maxItems"] ?? 3,
      });
    case "null":
      return fc.constant(null);
    case "object":
      return OBJECT;
    default:
      return fc.jsonValue({ maxDepth: 1 }).filter((value) => value !== null);
  }
}

function texts(schema: AnySchemaObject): fc.Arbitrary<string> {
  const { pattern, contentEncoding, contentMediaType, minLength, maxLength, format } = schema;
  if (contentMediaType === "application/json") return OBJECT.map((value) => JSON.stringify(value));
  if (contentMediaType === "image/*") return fc.constant(`data:image/png;base64,${PNG}`);
  if (contentEncoding === "base64") return fc.constant(PNG);
  if (format === "date-time") return fc.constant("2026-12-31T23:59:59Z");
  if (format === "date") return fc.constant("2026-11-22");
  if (pattern !== undefined)
    return fc.stringMatching(new RegExp(pattern)).filter((text) => text.length <= (maxLength ?? 100));
  return fc.string({ minLength: minLength ?? 0, maxLength: Math.min(maxLength ?? 10, 10) });
}

/** All that is required, and of the rest something; of alternatives one, which may require more. */
function objects(schema: AnySchemaObject, schemas: Schemas): fc.Arbitrary<unknown> {
  const { properties, required = [], anyOf = [{}] } = schema;
  const members = Object.fromEntries(
    Object.entries<AnySchemaObject>(properties).map(([name, each]) => [name, samplesOf(each, schemas)]),
  );
  const alternatives = anyOf.map((alternative: AnySchemaObject) =>
    fc.record(members, { requiredKeys: [...new Set([...required, ...(alternative["required"] ?? [])])] }),
  );
  return fc.oneof(...alternatives);
}
