import { readFileSync } from "node:fs";
import { FlockError } from "@flock/errors";
import { keepOutOfLogs } from "@flock/observability";
import { z } from "zod";
import { secretsIn } from "./secrets-in.js";
import { isSecret } from "./variables.js";

export interface EnvironmentOptions<Config> {
  /** How the program's own variables begin, as `ROUTER_`: one of these that it does not know is a mistake. */
  readonly prefix: string;
  /** Says what is wrong between variables that are each right. */
  readonly check?: (config: Config) => readonly string[];
}

/**
 * Reads a program's variables. Empty strings count as unset. Variables that belong to nobody are no error, since the
 * environment is shared; one with the program's own prefix that it does not know is, since somebody has mistyped it.
 * A variable that is a `secret` may stand in a file instead, which `<NAME>_FILE` names; from now on no log shows it.
 * @throws FlockError `invalid_argument` that tells all faults at once, each with the variable's name
 */
export function readEnvironment<Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: Readonly<Record<string, string | undefined>>,
  options: EnvironmentOptions<z.infer<z.ZodObject<Shape>>>,
): z.infer<z.ZodObject<Shape>> {
  const present = Object.entries(environment).filter(([, value]) => value !== undefined && value !== "");
  const given: Record<string, string | undefined> = Object.fromEntries(present);
  // CAST: what zod's own types call the members of a shape.
  const schemas = Object.entries(shape) as [string, z.ZodType][];
  const secrets = schemas.filter(([, schema]) => isSecret(schema)).map(([name]) => name);
  const faults = secrets.flatMap((name) => readSecretFile(name, given));
  for (const name of secrets) for (const word of secretsIn(given[name] ?? "")) keepOutOfLogs(word);
  const parsed = z.object(shape).safeParse(given);
  if (parsed.success) faults.push(...(options.check?.(parsed.data) ?? []));
  else faults.push(...parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  const known = new Set([...Object.keys(shape), ...secrets.map(fileVariable)]);
  for (const [name] of present)
    if (name.startsWith(options.prefix) && !known.has(name)) faults.push(`${name}: no such variable`);
  if (parsed.success && faults.length === 0) return parsed.data;
  throw new FlockError("invalid_argument", `bad configuration: ${faults.join("; ")}`);
}

function fileVariable(name: string): string {
  return `${name}_FILE`;
}

/** Puts what the file of a secret has where its variable would be; says what is wrong with that. */
function readSecretFile(name: string, given: Record<string, string | undefined>): string[] {
  const file = given[fileVariable(name)];
  if (file === undefined) return [];
  if (given[name] !== undefined) return [`${name} and ${fileVariable(name)} are both set`];
  try {
    given[name] = readFileSync(file, "utf8").trim() || undefined;
    return [];
  } catch {
    return [`${fileVariable(name)}: ${file} cannot be read`];
  }
}

/** Says which variables give two things that one process serves the same port. A {@link EnvironmentOptions.check}. */
export function sharedPorts(config: object): string[] {
  const ports = Object.entries(config).filter(([name, value]) => name.endsWith("_PORT") && value !== 0);
  return ports.flatMap(([name, value], index) => {
    const earlier = ports.slice(0, index).find(([, other]) => other === value);
    return earlier === undefined ? [] : [`${earlier[0]} and ${name} are both ${value}`];
  });
}
