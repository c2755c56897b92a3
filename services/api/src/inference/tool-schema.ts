import type { Fields } from "../json-fields.js";

/**
 * Refuses the function of a tool that no engine could read, before it costs anything. Its depth is bounded with that of
 * the body that it came in. `schemaField` is what the dialect calls the schema of its parameters.
 * @throws FlockError `invalid_argument` that names the field.
 */
export function requireReadable(tool: Fields, schemaField = "parameters"): void {
  tool.string("name");
  tool.string("description");
  const parameters = tool.child(schemaField);
  parameters.string("type");
  checkMembers(parameters);
}

function checkProperty(property: Fields): void {
  if (typeof property.raw("type") !== "string") property.strings("type");
  property.string("description");
  property.array("enum");
  for (const alternative of property.objects("anyof") ?? []) checkProperty(alternative);
  checkMembers(property);
}

/** The parameters of a function are an object whose `properties` are schemas. */
function checkMembers(schema: Fields): void {
  schema.strings("required");
  for (const property of schema.members("properties")) checkProperty(property);
}
