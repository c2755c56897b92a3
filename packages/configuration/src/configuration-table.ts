import { z } from "zod";
import { isSecret } from "./variables.js";

const BEGIN = /<!-- configuration: (\S+) -->\n/;
const END = "<!-- /configuration -->";
const HEAD = ["variable", "default", "range", "meaning"];

/** From what on a default is shown with its unit, too: `600000` (10 min). Largest first. */
const UNITS: Readonly<Record<string, readonly (readonly [size: number, name: string])[]>> = {
  MS: [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "min"],
    [1_000, "s"],
  ],
  BYTES_MAX: [
    [1_048_576, "MiB"],
    [1_024, "KiB"],
  ],
};

/**
 * A program's variables as a table in Markdown, from the schemas that read them. A schema says by `describe` what its
 * variable does; if its default differs from machine to machine, `meta({ shownDefault })` says what to print instead.
 * @throws Error naming a variable without a description
 */
export function configurationTable(variables: z.ZodRawShape): string {
  const rows = Object.entries(variables).map(([name, schema]) => row(name, schema as z.ZodType));
  return [HEAD, HEAD.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** Which module, relative to it, has the variables of the table in a README; undefined if it has no such table. */
export function configurationModule(readme: string): string | undefined {
  return BEGIN.exec(readme)?.[1];
}

/**
 * A README with the table of `variables` where it belongs: between the lines `<!-- configuration: src/config.ts -->`,
 * which names the module that exports them, and `<!-- /configuration -->`.
 */
export function withConfigurationTable(readme: string, variables: z.ZodRawShape): string {
  const begin = BEGIN.exec(readme);
  const end = readme.indexOf(END);
  if (begin === null || end < begin.index) throw new Error("no place for a table of configuration");
  const head = readme.slice(0, begin.index + begin[0].length);
  return `${head}\n${configurationTable(variables)}\n${readme.slice(end)}`;
}

function row(name: string, schema: z.ZodType): string[] {
  const { description, shownDefault } = schema.meta() ?? {};
  if (description === undefined) throw new Error(`${name} has no description`);
  const shown = typeof shownDefault === "string" ? shownDefault : defaultOf(name, schema);
  const meaning = isSecret(schema) ? `${description}; or in a file, \`${name}_FILE\`` : description;
  return [`\`${name}\``, shown, rangeOf(name, schema), meaning].map((cell) => cell.replaceAll("|", "\\|"));
}

/** What the program uses if the variable is not set, read as the program reads it. */
function defaultOf(name: string, schema: z.ZodType): string {
  const unset = schema.safeParse(undefined);
  if (!unset.success) return "**required**";
  const value = unset.data;
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0)
    ? "none"
    : withUnit(name, value);
}

function rangeOf(name: string, schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { unrepresentable: "any" });
  if (json.enum !== undefined) return json.enum.map((value) => `\`${value}\``).join(", ");
  const { minimum, maximum } = json;
  if (minimum === undefined || maximum === undefined) return "";
  const from = withUnit(name, minimum);
  return maximum < Number.MAX_SAFE_INTEGER ? `${from} to ${withUnit(name, maximum)}` : `from ${from}`;
}

function withUnit(name: string, value: unknown): string {
  const units = Object.entries(UNITS).find(([ending]) => name.endsWith(`_${ending}`))?.[1] ?? [];
  const unit = typeof value === "number" && units.find(([size]) => value >= size && value % size === 0);
  return unit ? `\`${value}\` (${value / unit[0]} ${unit[1]})` : `\`${String(value)}\``;
}
