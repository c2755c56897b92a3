import { FlockError } from "@flock/errors";
import { z } from "zod";

export interface EnvironmentOptions<Config> {
  /** How the program's own variables begin, as `ROUTER_`: one of these that it does not know is a mistake. */
  readonly prefix: string;
  /** Says what is wrong between variables that are each right. */
  readonly check?: (config: Config) => readonly string[];
}

/**
 * Reads a program's variables. Empty strings count as unset. Variables that belong to nobody are no error, since the
 * environment is shared; one with the program's own prefix that it does not know is, since somebody has mistyped it.
 * @throws FlockError `invalid_argument` that tells all faults at once, each with the variable's name
 */
export function readEnvironment<Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: Readonly<Record<string, string | undefined>>,
  options: EnvironmentOptions<z.infer<z.ZodObject<Shape>>>,
): z.infer<z.ZodObject<Shape>> {
  const present = Object.entries(environment).filter(([, value]) => value !== undefined && value !== "");
  const parsed = z.object(shape).safeParse(Object.fromEntries(present));
  const faults = parsed.success
    ? [...(options.check?.(parsed.data) ?? [])]
    : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  for (const [name] of present)
    if (name.startsWith(options.prefix) && !Object.hasOwn(shape, name))
      faults.push(`${name}: no such variable`);
  if (parsed.success && faults.length === 0) return parsed.data;
  throw new FlockError("invalid_argument", `bad configuration: ${faults.join("; ")}`);
}

/** Says which variables give two things that one process serves the same port. A {@link EnvironmentOptions.check}. */
export function sharedPorts(config: object): string[] {
  const ports = Object.entries(config).filter(([name, value]) => name.endsWith("_PORT") && value !== 0);
  return ports.flatMap(([name, value], index) => {
    const earlier = ports.slice(0, index).find(([, other]) => other === value);
    return earlier === undefined ? [] : [`${earlier[0]} and ${name} are both ${value}`];
  });
}
