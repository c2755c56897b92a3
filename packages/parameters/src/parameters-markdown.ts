import { formatLlama, type MicroLlama } from "@flock/money";
import type { ParameterDefinition } from "./definition.js";
import { LOCAL_PARAMETERS } from "./presets.js";
import { PARAMETER_RULES } from "./rules.js";
import { PARAMETER_NAMES, PARAMETERS, type ParameterName } from "./table.js";

const HEAD = `# Parameters

Every number of the network that can be changed while it runs. They are one document, versioned, in the key-value bucket
\`PARAMS\`: key \`current\`, and \`v<version>\` for each version there ever was. Services apply a new version without a
restart. A document outside these ranges or rules is refused, with the parameter, its value and the bound.

In JSON, numbers are numbers, money is a string of whole µLLAMA (1 LLAMA = 1 000 000 µLLAMA), switches are \`true\` or
\`false\`. What the numbers are for is explained in [tokenomics.md](tokenomics.md).

\`npm run documents\` makes this file from
[\`packages/parameters/src/table.ts\`](../packages/parameters/src/table.ts); a test keeps it current.
`;

/** The text of docs/parameters.md. */
export function parametersMarkdown(): string {
  return [
    HEAD,
    table(
      ["name", "default", "min", "max", "unit", "what it does", "read by"],
      PARAMETER_NAMES.map((name) => row(name, PARAMETERS[name])),
    ),
    "## Rules across parameters\n",
    table(
      ["rule", "why"],
      PARAMETER_RULES.map(({ states, why }) => [states, why]),
    ),
    "## A mesh on one machine\n",
    "`npm start` begins with the defaults, except:\n",
    table(
      ["name", "value", "unit"],
      PARAMETER_NAMES.filter((name) => LOCAL_PARAMETERS.values[name] !== PARAMETERS[name].default).map(
        (name) => [
          `\`${name}\``,
          amount(PARAMETERS[name], LOCAL_PARAMETERS.values[name]),
          unitOf(PARAMETERS[name]),
        ],
      ),
    ),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function row(name: ParameterName, definition: ParameterDefinition): string[] {
  const range =
    definition.kind === "switch"
      ? ["", ""]
      : [amount(definition, definition.min), amount(definition, definition.max)];
  return [
    `\`${name}\``,
    amount(definition, definition.default),
    ...range,
    unitOf(definition),
    definition.does,
    definition.readBy.join(", "),
  ];
}

/** Amounts are shown in LLAMA, which is what people think in; prices are too small for that. */
function isAmount(definition: ParameterDefinition): boolean {
  return definition.kind === "money" && definition.unit === "µLLAMA";
}

function unitOf(definition: ParameterDefinition): string {
  if (definition.kind === "switch") return "";
  return isAmount(definition) ? "LLAMA" : definition.unit;
}

function amount(definition: ParameterDefinition, value: MicroLlama | number | boolean): string {
  return typeof value === "bigint" && isAmount(definition) ? formatLlama(value) : String(value);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
