import { FlockError } from "@flock/errors";
import { enterBlock, insertLines, removeBlock } from "./marked-lines.js";
import { type Entered, isChatModel, type Target, type Tool } from "./tool.js";
import { lineOfSetting, readYamlSettings, saysYaml } from "./yaml-text.js";

/*
 * Aider, by ~/.aider.conf.yml (aider-chat 0.86.2).
 *
 * https://aider.chat/docs/config/aider_conf.html has the file, and that a key of OpenAI's may stand in it;
 * https://aider.chat/docs/llms/openai-compat.html has the endpoint, and that names of models begin with "openai/".
 * aider/main.py reads the file of the home first; those of the repository and of the folder override it.
 */

const NAME = "aider";
const ENDPOINT = "openai-api-base";
const KEY = "openai-api-key";

/** What chooses the model in aider/args.py and aider/deprecated.py. */
const MODEL_SETTINGS =
  "model opus sonnet haiku 4 -4 4o mini 4-turbo 35turbo 35-turbo 3 -3 deepseek o1-mini o1-preview".split(" ");

export const AIDER: Tool = {
  name: NAME,
  title: "Aider",
  gets: "endpoint, key and a model in ~/.aider.conf.yml",
  signs: ({ aiderSettings, join }) => ({
    paths: [aiderSettings, join(aiderSettings, "..", ".aider")],
    commands: ["aider"],
  }),
  plan: (target, { aiderSettings }) => {
    const model = target.models.find(isChatModel)?.name;
    return {
      edits: [
        {
          file: aiderSettings,
          marking: "marked-lines",
          entries: `${ENDPOINT}, ${KEY}${model === undefined ? "" : ", model"}`,
          holdsKey: true,
          enter: (present) => enterAider(present, target, model, aiderSettings),
        },
      ],
      steps: [
        `Start it: aider${model === undefined ? " --model openai/<name of a model>" : ""}`,
        "An .aider.conf.yml or a .env of a repository goes before the one of your home.",
      ],
    };
  },
};

function enterAider(present: string, target: Target, model: string | undefined, file: string): Entered {
  const settings = readYamlSettings(removeBlock(present, NAME), file);
  if (settings.root?.flow)
    throw new FlockError("failed_precondition", `${file}, line 1: settings in braces cannot be added to`);
  for (const name of [ENDPOINT, KEY]) {
    const line = lineOfSetting(settings, name);
    if (line === undefined) continue;
    const what = `${file}, line ${line}: ${name} is yours and is left as it is`;
    throw new FlockError("failed_precondition", `${what}; put a # in front of it and do this again`);
  }
  const chosen = MODEL_SETTINGS.find((name) => lineOfSetting(settings, name) !== undefined);
  const ours: Record<string, string> = { [ENDPOINT]: `${target.url}/v1`, [KEY]: target.apiKey };
  if (model !== undefined && chosen === undefined) ours["model"] = `openai/${model}`;
  const lines = Object.entries(ours).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const isRight = (text: string) => saysYaml(text, { ...settings.value, ...ours });
  const text = enterBlock(present, NAME, (base) => insertLines(base, NAME, lines), isRight);
  if (!isRight(text))
    throw new FlockError(
      "failed_precondition",
      `${file}: lines at its end would not be read; it is left as it is`,
    );
  const note = `${file} chooses a model already (${chosen}): for one of the network, start aider --model openai/${model}`;
  return { text, notes: chosen === undefined || model === undefined ? [] : [note] };
}
