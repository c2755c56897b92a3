export interface Command {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

const QUESTION = "Why is the sky blue?";
const KEY = "$FLOCK_API_KEY";

/** Whole commands that ask the model something, for whoever has an API key in FLOCK_API_KEY. */
export function commandsFor(name: string, capabilities: readonly string[], api: string): readonly Command[] {
  const isForVectors = capabilities.includes("embedding") && !capabilities.includes("completion");
  return isForVectors ? vectors(name, api) : answers(name, api);
}

function answers(name: string, api: string): readonly Command[] {
  const messages = [{ role: "user", content: QUESTION }];
  const model = JSON.stringify(name);
  return [
    { id: "curl", title: "curl", text: curl(`${api}/api/chat`, { model: name, messages }) },
    {
      id: "ollama",
      title: "Ollama",
      text: `OLLAMA_HOST=${api}/k/${KEY} ollama run ${shellWord(name)}`,
    },
    { id: "flock", title: "flock", text: `flock run ${shellWord(name)} ${shellWord(QUESTION)}` },
    {
      id: "js",
      title: "JavaScript",
      text: `${jsClient(api)}
const answer = await ollama.chat({
  model: ${model},
  messages: [{ role: "user", content: "${QUESTION}" }],
});
console.log(answer.message.content);`,
    },
    {
      id: "python",
      title: "Python",
      text: `${pythonClient(api)}
answer = client.chat(model=${model}, messages=[{"role": "user", "content": "${QUESTION}"}])
print(answer.message.content)`,
    },
  ];
}

function vectors(name: string, api: string): readonly Command[] {
  const model = JSON.stringify(name);
  return [
    { id: "curl", title: "curl", text: curl(`${api}/api/embed`, { model: name, input: QUESTION }) },
    {
      id: "js",
      title: "JavaScript",
      text: `${jsClient(api)}
const { embeddings } = await ollama.embed({ model: ${model}, input: "${QUESTION}" });
console.log(embeddings[0]);`,
    },
    {
      id: "python",
      title: "Python",
      text: `${pythonClient(api)}
print(client.embed(model=${model}, input="${QUESTION}").embeddings[0])`,
    },
  ];
}

function curl(url: string, body: object): string {
  return `curl ${url} \\
  -H "Authorization: Bearer ${KEY}" \\
  -d ${shellWord(JSON.stringify(body))}`;
}

function jsClient(api: string): string {
  return `import { env } from "node:process";
import { Ollama } from "ollama";

const ollama = new Ollama({
  host: "${api}",
  headers: { Authorization: \`Bearer \${env.FLOCK_API_KEY}\` },
});`;
}

function pythonClient(api: string): string {
  return `import os
from ollama import Client

client = Client(host="${api}", headers={"Authorization": f"Bearer {os.environ['FLOCK_API_KEY']}"})`;
}

/** As one word of a POSIX shell, whatever is in it: a name may be made to do more than to name. */
export function shellWord(text: string): string {
  return /^[\w.:/@-]+$/.test(text) && !text.startsWith("-") ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
