import { isDeepStrictEqual } from "node:util";
import { FlockError } from "@flock/errors";
import {
  findNodeAtLocation,
  type Node,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { variablesPlan } from "./environment-file.js";
import { PARSING, removeProperty, setProperty } from "./jsonc-text.js";
import { lineOf } from "./marked-lines.js";
import { type Entered, isChatModel, type Target, type TargetModel, type Tool } from "./tool.js";

/*
 * Zed, by its settings.json, which is JSON with comments and commas at the end.
 *
 * https://zed.dev/docs/ai/use-api-access#openai-compatible has the fields, and in zed-industries/zed
 * crates/settings_content/src/language_model.rs which of them are required. Keys do not belong into the file: a person
 * gives Zed one for its keychain, or Zed takes it from the variable that the provider's name makes (`{id}_API_KEY`, in
 * crates/language_models/src/provider/open_ai_compatible.rs): FLOCK_API_KEY of "flock".
 */

const NAME = "zed";
const PROVIDER = "flock";
const PATH = ["language_models", "openai_compatible", PROVIDER];
const KEY_VARIABLE = "FLOCK_API_KEY";
/** Zed wants to know the context; of a model whose context nobody knows it is told Ollama's smallest default. */
const CONTEXT_LENGTH_DEFAULT = 4096;
const BYTE_ORDER_MARK = "\uFEFF";

export const ZED: Tool = {
  name: NAME,
  title: "Zed",
  gets: `the provider "${PROVIDER}" in settings.json, and ${KEY_VARIABLE}`,
  signs: ({ zedSettings, join }) => ({
    paths: [join(zedSettings, "..")],
    commands: ["zed", "zeditor", "zedit", "zed-editor"],
  }),
  plan: (target, places, wishes) => {
    const key = variablesPlan(NAME, { [KEY_VARIABLE]: target.apiKey }, places, wishes);
    const file = places.zedSettings;
    const models = target.models.filter(isChatModel);
    return {
      edits: [
        {
          file,
          marking: "zed-settings",
          entries: `${PATH.join(".")} with ${models.map(({ name }) => name).join(", ")}`,
          holdsKey: false,
          enter: (present, isOurs) => enterProvider(present, isOurs, providerOf(target, models), file),
        },
        ...key.edits,
      ],
      steps: [
        `The key: in Zed run "agent: open settings", LLM Providers, ${PROVIDER}, and paste it (from ${target.keySource}).`,
        "Or start Zed from a shell that has the variable.",
        ...key.steps,
      ],
    };
  },
};

function providerOf({ url }: Target, models: readonly TargetModel[]) {
  return {
    api_url: `${url}/v1`,
    available_models: models.map(({ name, contextLength, capabilities }) => ({
      name,
      max_tokens: contextLength ?? CONTEXT_LENGTH_DEFAULT,
      capabilities: {
        tools: capabilities.includes("tools"),
        images: capabilities.includes("vision"),
        parallel_tool_calls: false,
        prompt_cache_key: false,
      },
    })),
  };
}

function enterProvider(present: string, isOurs: boolean, provider: object, file: string): Entered {
  const { mark, text } = withoutMark(present);
  const root = readSettings(text, file);
  const there = root === undefined ? undefined : findNodeAtLocation(root, PATH);
  if (there !== undefined) {
    const value: unknown = parse(text.slice(there.offset, there.offset + there.length), [], PARSING);
    if (isDeepStrictEqual(value, provider)) return { text: present, notes: [] };
    if (!isOurs) {
      const place = `${file}, line ${lineOf(text, there.offset)}`;
      throw new FlockError(
        "failed_precondition",
        `${place}: there is a provider "${PROVIDER}" that is not ours; rename it`,
      );
    }
  }
  const entered = changed(root === undefined ? `${text}{}\n` : text, file, (settings) =>
    setProperty(settings, PATH, provider),
  );
  if (!isDeepStrictEqual(parse(entered, [], PARSING), withProvider(parse(text, [], PARSING), provider)))
    throw new FlockError(
      "failed_precondition",
      `${file}: ${PATH[0]} is there more than once; it is left as it is`,
    );
  return { text: mark + entered, notes: [] };
}

/** The settings without our provider; those that have none are what they were. */
export function removeProvider(present: string, file: string): string {
  const { mark, text } = withoutMark(present);
  const root = readSettings(text, file);
  if (root === undefined || findNodeAtLocation(root, PATH) === undefined) return present;
  return mark + changed(text, file, (settings) => removeProperty(settings, PATH));
}

function changed(text: string, file: string, change: (text: string) => string): string {
  try {
    return change(text);
  } catch (cause) {
    const what = `${file}: ${PATH.slice(0, 2).join(".")} is no object; it is left as it is`;
    throw new FlockError("failed_precondition", what, { cause });
  }
}

function withoutMark(present: string): { mark: string; text: string } {
  const mark = present.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
  return { mark, text: present.slice(mark.length) };
}

/** The tree of the settings; undefined where there are none but comments. */
function readSettings(text: string, file: string): Node | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, PARSING);
  const isEmpty =
    root === undefined && errors.every(({ error }) => printParseErrorCode(error) === "ValueExpected");
  if (isEmpty) return undefined;
  const [error] = errors;
  if (error === undefined && root?.type === "object") return root;
  const line = lineOf(text, error?.offset ?? 0);
  const what = error === undefined ? "no object of settings" : printParseErrorCode(error.error);
  throw new FlockError("failed_precondition", `${file}, line ${line}: ${what}; it is left as it is`);
}

function withProvider(settings: unknown, provider: object): unknown {
  const [models, kind, name] = PATH;
  const outer = objectOf(settings);
  const inner = objectOf(outer[String(models)]);
  const providers = objectOf(inner[String(kind)]);
  return {
    ...outer,
    [String(models)]: { ...inner, [String(kind)]: { ...providers, [String(name)]: provider } },
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
