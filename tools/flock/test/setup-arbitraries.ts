import fc from "fast-check";
import { parse as parseYaml } from "yaml";

/* Other people's files, for tests of what "flock setup" makes of them. */

/** Lines of settings in YAML that stand where `models` and Aider's settings may stand, too. */
const yamlPart = fc.oneof(
  fc.constantFrom(
    "# a comment, with models: [] in it",
    "rules:\n  - Be kind. # always",
    "note: |\n  several lines\n\n  # not a comment\n",
    'quoted: "a: \\"b\\" # c"',
    "folded: >-\n  one\n  two",
    "nested: {deep: [1, 2, {x: y}]} # flow",
    "",
    "anchored: &a {x: 1}\nused: *a",
    "tabs: 'a\tb'",
  ),
  fc.stringMatching(/^[a-z]{1,8}$/).map((word) => `set-${word}: ${word}`),
);
const yamlModels = fc.constantFrom(
  "",
  "models:",
  "models: # none yet",
  "models: []",
  "models: [ ] # none",
  "models: [{name: a, provider: ollama, model: a}, {name: b, provider: ollama, model: b}]",
  "models: [\n    {name: a, provider: ollama, model: a}, # mine\n  ]",
  "models:\n- name: a\n  provider: ollama\n  model: a\n# behind it",
  "models:\n  # the first\n  - name: a\n    provider: ollama\n    model: a # a\n\n  - uses: ollama/llama3.1-8b\n    with: {x: y}",
  "models:\n  - {name: a,\n     provider: ollama, # with\n     model: a\n    } # mine\n",
  "models:\n    - {name: a, provider: ollama, model: a}\n    - name: b\n      provider: x\n      model: |-\n        b",
);
/** Settings in YAML as people write them, with and without a list of models. */
export const yamlText = fc
  .record({
    before: fc.array(yamlPart, { maxLength: 4 }),
    models: yamlModels,
    after: fc.array(yamlPart, { maxLength: 4 }),
    newline: fc.constantFrom("\n", "\r\n"),
    isEnded: fc.boolean(),
    mark: fc.constantFrom("", "", "\uFEFF"),
  })
  .map(({ before, models, after, newline, isEnded, mark }) => {
    const lines = [...before, models, ...after].join("\n") + (isEnded ? "\n" : "");
    return mark + lines.replaceAll("\n", newline);
  })
  .filter((text) => isYaml(text));

function isYaml(text: string): boolean {
  try {
    const value = parseYaml(text);
    return value === null || typeof value === "object";
  } catch {
    // Such as a setting that is there twice.
    return false;
  }
}

const json = fc.jsonValue({ maxDepth: 2 });
const providers = fc.oneof(fc.constant(undefined), fc.record({ other: fc.record({ api_url: fc.webUrl() }) }));
/** Settings of Zed as people write them. */
export const zedText = fc
  .record({
    settings: fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), json, { maxKeys: 4 }),
    openai: providers,
    hasModels: fc.boolean(),
    indent: fc.constantFrom("  ", "    ", "\t"),
    newline: fc.constantFrom("\n", "\r\n"),
    form: fc.constantFrom("plain", "comments", "commas"),
    mark: fc.constantFrom("", "", "\uFEFF"),
  })
  .map(({ settings, openai, hasModels, indent, newline, form, mark }) => {
    const models = {
      ollama: { api_url: "http://localhost:11434" },
      ...(openai && { openai_compatible: openai }),
    };
    const text = JSON.stringify(
      hasModels ? { ...settings, language_models: models } : settings,
      null,
      indent,
    );
    const lines = text.split("\n");
    const dressed = lines.map((line, at) => {
      if (form === "comments") return `${line} // line ${at}`;
      const isLast = /^\s*[\]}]/.test(lines[at + 1] ?? "") && !/[[{]$/.test(line);
      return form === "commas" && isLast ? `${line},` : line;
    });
    return `${mark}// mine\n${dressed.join("\n")}\n`.replaceAll("\n", newline);
  });

/** A file of variables, or a profile. */
export const lines = fc
  .array(
    fc.oneof(fc.constantFrom("A=1", "# b", "", "export C='d'", "\ta"), fc.stringMatching(/^[ -Z]{0,9}$/)),
  )
  .chain((each) => fc.constantFrom("\n", "\r\n").map((newline) => each.join(newline)));
