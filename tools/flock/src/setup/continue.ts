import { FlockError } from "@flock/errors";
import { isMap, isScalar, isSeq, type ParsedNode, type YAMLSeq } from "yaml";
import { variableEdit } from "./environment-file.js";
import { enterBlock, insertInBrackets, insertLines, removeBlock } from "./marked-lines.js";
import { type Entered, isChatModel, type Target, type TargetModel, type Tool } from "./tool.js";
import { readYamlSettings, saysYaml, type YamlSettings } from "./yaml-text.js";

/*
 * Continue, by ~/.continue/config.yaml and ~/.continue/.env (@continuedev/config-yaml 1.42.0).
 *
 * https://docs.continue.dev/reference has the fields, and packages/config-yaml/src/schemas of continuedev/continue the
 * schema that the tool reads them with. `${{ secrets.NAME }}` is looked up in a workspace's .env, then in
 * ~/.continue/.env (https://docs.continue.dev/faqs#managing-local-secrets-and-environment-variables), so the key stays
 * out of a file that people share.
 * A config.json counts only while there is no config.yaml.
 */

const NAME = "continue";
const KEY_VARIABLE = "FLOCK_API_KEY";
/** A file that is not there yet; the fields that the schema requires. */
const HEADER = "name: Local Config\nversion: 1.0.0\nschema: v1\n";

export const CONTINUE: Tool = {
  name: NAME,
  title: "Continue",
  gets: "models in ~/.continue/config.yaml, the key in ~/.continue/.env",
  signs: ({ continueFolder }) => ({ paths: [continueFolder], commands: ["cn"] }),
  plan: (target, { continueFolder, join }) => {
    const file = join(continueFolder, "config.yaml");
    const reason =
      "Continue would no longer read it; open it in Continue and let it be migrated to config.yaml first";
    const variables = { [KEY_VARIABLE]: target.apiKey };
    return {
      edits: [
        {
          file,
          marking: "marked-lines",
          entries: `models: ${target.models.map(({ name }) => name).join(", ")}`,
          holdsKey: false,
          enter: (present) => enterModels(present, target, file),
          unless: { file: join(continueFolder, "config.json"), reason },
        },
        variableEdit(NAME, join(continueFolder, ".env"), variables),
      ],
      steps: [
        "Start your editor anew: Continue reads secrets when it starts. Then choose one of the models in its list.",
      ],
    };
  },
};

function enterModels(present: string, target: Target, file: string): Entered {
  const base = removeBlock(present, NAME);
  const settings = readYamlSettings(present === "" ? HEADER : base, file);
  const ours = target.models.map((model) => entryOf(model, target));
  const theirs: unknown = settings.value["models"] ?? [];
  if (!Array.isArray(theirs))
    throw new FlockError("failed_precondition", `${file}: "models" is no list; it is left as it is`);
  // Ours stand together, wherever in the list a person has moved them.
  const right = [...theirs, undefined].map((_, at) => ({
    ...settings.value,
    models: theirs.toSpliced(at, 0, ...ours),
  }));
  const isRight = (text: string) => saysYaml(text, ...right);
  const text = enterBlock(
    present === "" ? HEADER : present,
    NAME,
    () => insertModels(settings, ours),
    isRight,
  );
  if (isRight(text)) return { text, notes: [] };
  throw new FlockError(
    "failed_precondition",
    `${file}: "models" cannot be added to as it is written; it is left as it is`,
  );
}

/** One model as Continue has it: what it can do decides what Continue offers it for. */
function entryOf(model: TargetModel, { url }: Target) {
  const { name, contextLength, capabilities } = model;
  const roles = [
    ...(isChatModel(model) ? ["chat", "edit", "apply"] : []),
    ...(capabilities.includes("embedding") ? ["embed"] : []),
  ];
  const can = [
    ...(capabilities.includes("tools") ? ["tool_use"] : []),
    ...(capabilities.includes("vision") ? ["image_input"] : []),
  ];
  return {
    name: `${name} (FlockOllamas)`,
    provider: "openai",
    model: name,
    apiBase: `${url}/v1`,
    apiKey: `\${{ secrets.${KEY_VARIABLE} }}`,
    ...(roles.length === 0 ? {} : { roles }),
    ...(can.length === 0 ? {} : { capabilities: can }),
    ...(contextLength === null ? {} : { defaultCompletionOptions: { contextLength } }),
  };
}

type Entry = ReturnType<typeof entryOf>;

/** Entries are JSON, which is YAML: nothing in a name can be more than a text. */
function insertModels({ text, root }: YamlSettings, ours: readonly Entry[]): string {
  const pair = root?.items.find(({ key }) => isScalar(key) && key.value === "models");
  const list: ParsedNode | null = pair?.value ?? null;
  if (isSeq(list) && list.flow) {
    const lines = ours.map((entry) => `${JSON.stringify(entry)},`);
    return insertInBrackets(text, NAME, lines, list.range[0] + 1);
  }
  const items = ours.flatMap(linesOf);
  if (isSeq(list)) {
    const at = endOfLine(text, endOf(list));
    return insertLines(text, NAME, items, { at, indent: indentOf(text, list) });
  }
  if (pair === undefined) return insertLines(text, NAME, ["models:", ...items.map((line) => `  ${line}`)]);
  return insertLines(text, NAME, items, { at: endOfLine(text, pair.key.range[1]), indent: "  " });
}

function linesOf(entry: Entry): string[] {
  return Object.entries(entry).map(
    ([field, value], index) => `${index === 0 ? "- " : "  "}${field}: ${JSON.stringify(value)}`,
  );
}

function indentOf(text: string, list: YAMLSeq.Parsed): string {
  const at = list.range[0];
  return /[ \t]*$/.exec(text.slice(text.lastIndexOf("\n", at - 1) + 1, at))?.[0] ?? "";
}

/** Where what a node says ends: comments behind that are not the node's. */
function endOf(node: ParsedNode): number {
  const last = (isMap(node) || isSeq(node)) && !node.flow ? node.items.at(-1) : undefined;
  if (last === undefined) return node.range[1];
  if ("key" in last) return last.value === null ? last.key.range[1] : endOf(last.value);
  return endOf(last);
}

/** The beginning of the line behind a place, or the end of the text. A place at the beginning of a line is its own. */
function endOfLine(text: string, at: number): number {
  if (at > 0 && text[at - 1] === "\n") return at;
  const newline = text.indexOf("\n", at);
  return newline < 0 ? text.length : newline + 1;
}
