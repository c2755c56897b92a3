import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { REPOSITORY_ROOT } from "@flock/provision";
import type { Access } from "./libraries/library.js";

/** A library that is told where to go by variables alone, as docs/api.md prints them. */
interface EnvironmentUse {
  readonly name: string;
  /** With the address and the key of the documentation. */
  readonly variables: readonly string[];
  /** A program that asks `MODEL` and prints the answer. */
  readonly program: string;
}

export const DOCUMENTED: Access = { baseUrl: "http://127.0.0.1:11435", apiKey: "flk_…" };
export const PROMPT = "one two three";

const OPENAI = ["OPENAI_BASE_URL=http://127.0.0.1:11435/v1", "OPENAI_API_KEY=flk_…"];
const ANTHROPIC = ["ANTHROPIC_BASE_URL=http://127.0.0.1:11435", "ANTHROPIC_API_KEY=flk_…"];
const MESSAGES = `[{ role: "user", content: "${PROMPT}" }]`;

export const NODE_ENVIRONMENTS: readonly EnvironmentUse[] = [
  {
    name: "openai",
    variables: OPENAI,
    program: `import OpenAI from "openai";
      const { choices } = await new OpenAI().chat.completions.create({ model: MODEL, messages: ${MESSAGES} });
      console.log(choices[0].message.content);`,
  },
  {
    name: "@anthropic-ai/sdk",
    variables: ANTHROPIC,
    program: `import Anthropic from "@anthropic-ai/sdk";
      const request = { model: MODEL, max_tokens: 50, messages: ${MESSAGES} };
      console.log((await new Anthropic().messages.create(request)).content[0].text);`,
  },
  {
    name: "@langchain/openai",
    variables: OPENAI,
    program: `import { ChatOpenAI } from "@langchain/openai";
      console.log((await new ChatOpenAI({ model: MODEL }).invoke("${PROMPT}")).text);`,
  },
  {
    name: "@langchain/ollama",
    variables: ["OLLAMA_BASE_URL=http://127.0.0.1:11435/k/flk_…"],
    program: `import { ChatOllama } from "@langchain/ollama";
      console.log((await new ChatOllama({ model: MODEL }).invoke("${PROMPT}")).text);`,
  },
  {
    name: "@ai-sdk/openai",
    variables: OPENAI,
    program: `import { openai } from "@ai-sdk/openai";
      import { generateText } from "ai";
      console.log((await generateText({ model: openai(MODEL), prompt: "${PROMPT}" })).text);`,
  },
  {
    name: "@ai-sdk/anthropic",
    variables: ["ANTHROPIC_BASE_URL=http://127.0.0.1:11435/v1", "ANTHROPIC_API_KEY=flk_…"],
    program: `import { anthropic } from "@ai-sdk/anthropic";
      import { generateText } from "ai";
      console.log((await generateText({ model: anthropic(MODEL), prompt: "${PROMPT}" })).text);`,
  },
];

const ASK_IN_PYTHON = `messages=[{"role": "user", "content": "${PROMPT}"}]`;
const OLLAMA_IN_PYTHON = `import ollama
print(ollama.chat(model=MODEL, ${ASK_IN_PYTHON}).message.content)`;

export const PYTHON_ENVIRONMENTS: readonly EnvironmentUse[] = [
  {
    name: "ollama",
    variables: ["OLLAMA_HOST=http://127.0.0.1:11435", "OLLAMA_API_KEY=flk_…"],
    program: OLLAMA_IN_PYTHON,
  },
  {
    name: "ollama, with the key in the address",
    variables: ["OLLAMA_HOST=http://127.0.0.1:11435/k/flk_…"],
    program: OLLAMA_IN_PYTHON,
  },
  {
    name: "openai",
    variables: OPENAI,
    program: `from openai import OpenAI
print(OpenAI().chat.completions.create(model=MODEL, ${ASK_IN_PYTHON}).choices[0].message.content)`,
  },
  {
    name: "anthropic",
    variables: ANTHROPIC,
    program: `from anthropic import Anthropic
print(Anthropic().messages.create(model=MODEL, max_tokens=50, ${ASK_IN_PYTHON}).content[0].text)`,
  },
];

/** Runs the program with the documented variables, of another address and key, and gives what it has printed. */
export async function runWithVariables(
  python: string | undefined,
  { variables, program }: EnvironmentUse,
  { baseUrl, apiKey }: Access,
  model: string,
): Promise<string> {
  const given = variables.map((line) => {
    const text = line.replace(DOCUMENTED.baseUrl, baseUrl).replace(DOCUMENTED.apiKey, apiKey);
    const at = text.indexOf("=");
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  const env = { PATH: process.env["PATH"], NO_PROXY: "*", ...Object.fromEntries(given) };
  const source =
    python === undefined
      ? `const MODEL = ${JSON.stringify(model)};\n${program}`
      : `MODEL = ${JSON.stringify(model)}\n${program}`;
  const args = python === undefined ? ["--input-type=module", "-e", source] : ["-c", source];
  const { stdout } = await promisify(execFile)(python ?? process.execPath, args, {
    cwd: REPOSITORY_ROOT,
    env,
  });
  // The last line: a library may say something of its own before it.
  return stdout.trim().split("\n").at(-1) ?? "";
}
