import { z } from "zod";
import {
  integer,
  type JsonSchema,
  list,
  named,
  orNull,
  type Properties,
  string,
  told,
} from "../../http/openapi/json-schema.js";

/* What the descriptions of these routes have in common. */

/** The schema that reads a request, as `/openapi.json` tells it. */
export function schemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io: "input" });
  return described;
}

/** The parameters that a schema reads from a path. */
export function parametersOf(schema: z.ZodObject): Properties {
  // CAST: of an object, a schema has properties.
  return schemaOf(schema)["properties"] as Properties;
}

export const ERROR = named(
  "FlockError",
  told({
    error: told(
      {
        code: string("`invalid_argument`, `insufficient_funds`, `not_found`, …"),
        message: string("What is wrong."),
        field: string("The field that is wrong."),
        needed_micro: amount("Needed."),
        available_micro: amount("There."),
        missing_micro: amount("Missing."),
        held_micro: amount("Held by requests that run."),
        retry_after_ms: integer("After so many milliseconds it is worth trying again.", { minimum: 0 }),
      },
      ["field", "needed_micro", "available_micro", "missing_micro", "held_micro", "retry_after_ms"],
    ),
  }),
);

/** Whole µLLAMA, as text: JSON numbers lose digits. */
export function amount(description: string): JsonSchema {
  return string(`${description} In µLLAMA.`, { pattern: "^-?[0-9]+$" });
}

/** A whole number of any size, as text. */
export function count(description: string): JsonSchema {
  return string(description, { pattern: "^[0-9]+$" });
}

export function moment(description: string): JsonSchema {
  return string(description, { format: "date-time" });
}

/** A page of a list. */
export function pageOf(name: string, items: JsonSchema, more: Properties = {}): JsonSchema {
  return told({
    ...more,
    [name]: list(items, "Newest first."),
    next_cursor: orNull(string("For the next page; null: there is none.")),
  });
}
