import { parseEnv } from "node:util";
import fc from "fast-check";
import { parse as parseJsonc } from "jsonc-parser";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { removeBlock } from "../src/setup/marked-lines.js";
import type { ToolName } from "../src/setup/tool-names.js";
import { removeProvider } from "../src/setup/zed.js";
import { lines, yamlText, zedText } from "./setup-arbitraries.js";
import { API_KEY, editOf, OTHER_TARGET, planOf, TARGET } from "./setup-target.js";

/* What "flock setup" makes of the texts of other people's settings. */

const CONTINUE = "config.yaml";

interface Case {
  readonly tool: ToolName;
  readonly ending: string;
  readonly texts: fc.Arbitrary<string>;
  readonly remove: (text: string) => string;
}

const CASES: readonly Case[] = [
  { tool: "continue", ending: CONTINUE, texts: yamlText, remove: (text) => removeBlock(text, "continue") },
  { tool: "aider", ending: ".aider.conf.yml", texts: yamlText, remove: (text) => removeBlock(text, "aider") },
  { tool: "ollama", ending: "ollama.env", texts: lines, remove: (text) => removeBlock(text, "ollama") },
  { tool: "ollama", ending: ".zshrc", texts: lines, remove: (text) => removeBlock(text, "ollama") },
];

describe("settings of other people", () => {
  it.each(CASES)(
    "come back byte by byte, and twice is once: $tool, $ending",
    ({ tool, ending, texts, remove }) => {
      const [edit, other] = [editOf(tool, ending), editOf(tool, ending, OTHER_TARGET)];
      fc.assert(
        fc.property(texts, (text) => {
          const once = edit.enter(text, false).text;
          expect(edit.enter(once, true).text).toBe(once);
          // Another key or URL takes the place of ours, and only of ours.
          expect(edit.enter(other.enter(once, true).text, true).text).toBe(once);
          if (text !== "") expect(remove(once)).toBe(text);
        }),
        { numRuns: 150 },
      );
    },
  );

  it("stay as they are in Zed, with every comment, and the provider comes and goes", () => {
    const edit = editOf("zed", "settings.json");
    fc.assert(
      fc.property(zedText, (text) => {
        const once = edit.enter(text, false).text;
        expect(edit.enter(once, true).text).toBe(once);
        const [before, after] = [parseZed(text), parseZed(once)];
        const { flock, ...others } = after.language_models.openai_compatible;
        expect(others).toEqual(before.language_models?.openai_compatible ?? {});
        expect(zedProvider.parse(flock)).toEqual(flock);
        expect({ ...after, language_models: undefined }).toEqual({ ...before, language_models: undefined });
        expect(once.match(/\/\/ (mine|line \d+)/g)).toEqual(text.match(/\/\/ (mine|line \d+)/g));
        const isEmpty = before.language_models?.openai_compatible === undefined;
        if (Object.keys(before).length > 0 || !isEmpty)
          expect(removeProvider(once, "settings.json")).toBe(text);
        expect(once.startsWith("\uFEFF")).toBe(text.startsWith("\uFEFF"));
      }),
      { numRuns: 150 },
    );
  });

  it("stay where they are when a person has moved our lines, or has added behind them", () => {
    const edit = editOf("continue", CONTINUE);
    const text = edit.enter("models:\n  - name: a\n    provider: x\n    model: a\n", false).text;
    const added = `${text}  - name: b\n    provider: x\n    model: b\n`;
    expect(edit.enter(added, true).text).toBe(added);
    expect(removeBlock(added, "continue")).toBe(
      "models:\n  - name: a\n    provider: x\n    model: a\n  - name: b\n    provider: x\n    model: b\n",
    );
  });

  it.each<[ToolName, string, string, string]>([
    ["continue", CONTINUE, "models:\n  - name: a\n bad: [", "config.yaml, line 3"],
    ["continue", CONTINUE, "models: mine\n", '"models" is no list'],
    ["continue", CONTINUE, "models: null\n", '"models" cannot be added to'],
    ["continue", CONTINUE, "- a\n", "that is no list of settings"],
    ["continue", ".env", "A=1\nexport FLOCK_API_KEY=flk_mine\n", "line 2: FLOCK_API_KEY is yours"],
    [
      "aider",
      ".aider.conf.yml",
      "dark-mode: true\nopenai-api-key: sk-mine\n",
      "line 2: openai-api-key is yours",
    ],
    ["aider", ".aider.conf.yml", "a: 1\na: 2\n", ".aider.conf.yml, line 2"],
    ["aider", ".aider.conf.yml", "{a: 1}\n", "settings in braces"],
    ["zed", "settings.json", '{\n  "a": 1\n  "b": 2\n}', "settings.json, line 3: CommaExpected"],
    ["zed", "settings.json", "[]", "no object of settings"],
    ["zed", "settings.json", '{"language_models": []}', "is no object"],
    ["zed", "settings.json", '{"language_models": {}, "language_models": {"a": 1}}', "more than once"],
    [
      "zed",
      "settings.json",
      '{"language_models": {"openai_compatible": {"flock": {"api_url": "x"}}}}',
      'line 1: there is a provider "flock" that is not ours',
    ],
    ["ollama", ".zshrc", "alias a='b' \\\n", "ends in the middle of a line"],
    ["ollama", "ollama.env", "# >>> flock setup ollama >>>\nA=1\n", "do not match, line 1"],
  ])(
    "are refused, with the place, where they cannot be added to: %s, %s, %j",
    (tool, ending, text, place) => {
      expect(() => editOf(tool, ending).enter(text, false)).toThrow(place);
    },
  );
});

describe("what tools read", () => {
  it("is what Continue's schema asks for, in a new file and in one that is there", () => {
    for (const text of ["", "name: mine\nversion: 0.0.1\nschema: v1\nmodels: []\n"]) {
      const config = continueConfig.parse(parseYaml(editOf("continue", CONTINUE).enter(text, false).text));
      expect(config.models.map(({ model, roles, capabilities }) => ({ model, roles, capabilities }))).toEqual(
        [
          { model: "flock-tiny:latest", roles: ["chat", "edit", "apply"], capabilities: undefined },
          { model: "seer:7b", roles: ["chat", "edit", "apply"], capabilities: ["tool_use", "image_input"] },
          { model: "nomic-embed-text:latest", roles: ["embed"], capabilities: undefined },
        ],
      );
      expect(config.models[0]?.apiKey).toBe(`\${{ secrets.FLOCK_API_KEY }}`);
    }
    expect(parseEnv(editOf("continue", ".env").enter("A=1", false).text)).toEqual({
      A: "1",
      FLOCK_API_KEY: API_KEY,
    });
  });

  it("is Aider's endpoint, key and model; a model that is chosen already stays", () => {
    const { enter } = editOf("aider", ".aider.conf.yml");
    expect(parseYaml(enter("dark-mode: true\n", false).text)).toEqual({
      "dark-mode": true,
      "openai-api-base": "http://127.0.0.1:11435/v1",
      "openai-api-key": API_KEY,
      model: "openai/flock-tiny:latest",
    });
    const { text, notes } = enter("sonnet: true\n", false);
    expect(parseYaml(text)).not.toHaveProperty("model");
    expect(notes.join()).toContain("aider --model openai/flock-tiny:latest");
  });

  it("is the network in the variables of each library", () => {
    const keyed = `http://127.0.0.1:11435/k/${API_KEY}`;
    const openai = { OPENAI_BASE_URL: "http://127.0.0.1:11435/v1", OPENAI_API_KEY: API_KEY };
    const of = (tool: ToolName) => parseEnv(editOf(tool, `${tool}.env`).enter("", false).text);
    expect(of("ollama")).toEqual({ OLLAMA_HOST: keyed });
    expect(of("langchain")).toEqual({ OLLAMA_BASE_URL: keyed, OLLAMA_HOST: keyed, ...openai });
    expect(of("open-webui")).toEqual({
      ENABLE_OPENAI_API: "true",
      OPENAI_API_BASE_URL: "http://127.0.0.1:11435/v1",
      OPENAI_API_KEY: API_KEY,
    });
    const anthropic = { ANTHROPIC_BASE_URL: TARGET.url, ANTHROPIC_API_KEY: API_KEY };
    expect(of("sdk")).toEqual({ OLLAMA_HOST: keyed, ...openai, ...anthropic });
  });

  it("is nothing with Cursor: it is told by clicks, and that its servers cannot reach this machine", () => {
    const { edits, steps } = planOf("cursor");
    expect(edits).toEqual([]);
    expect(steps.join("\n")).toMatch(/servers make the requests.*Override OpenAI Base URL.*11435\/v1/s);
    expect(steps.join("\n")).not.toContain(API_KEY);
    expect(planOf("cursor", OTHER_TARGET).steps.join()).not.toContain("cannot reach");
  });
});

function parseZed(text: string) {
  return parseJsonc(text.replace(/^\uFEFF/, ""), [], { allowTrailingComma: true });
}

/** The fields of crates/settings_content/src/language_model.rs in zed-industries/zed: those without a default. */
const zedProvider = z.strictObject({
  api_url: z.url(),
  available_models: z.array(
    z.strictObject({
      name: z.string(),
      max_tokens: z.number().int().positive(),
      capabilities: z.strictObject({
        tools: z.boolean(),
        images: z.boolean(),
        parallel_tool_calls: z.boolean(),
        prompt_cache_key: z.boolean(),
      }),
    }),
  ),
});

/** Of packages/config-yaml/src/schemas in continuedev/continue: what we use of it. */
const continueConfig = z.strictObject({
  name: z.string(),
  version: z.string(),
  schema: z.string(),
  models: z.array(
    z.strictObject({
      name: z.string(),
      provider: z.string(),
      model: z.string(),
      apiBase: z.string(),
      apiKey: z.string(),
      roles: z
        .array(z.enum(["chat", "autocomplete", "embed", "rerank", "edit", "apply", "summarize"]))
        .optional(),
      capabilities: z.array(z.enum(["tool_use", "image_input"])).optional(),
      defaultCompletionOptions: z.strictObject({ contextLength: z.number() }).optional(),
    }),
  ),
});
