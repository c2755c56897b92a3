export interface Snippet {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly code: string;
}

/** How each kind of program is told where the network is, and by which key. */
export function snippetsOf(url: string, key: string, model: string): readonly Snippet[] {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
  return [
    {
      id: "curl",
      title: "curl",
      note: "A question, and the answer as it comes.",
      code: [
        `curl ${url}/api/chat \\`,
        `  -H ${inShell(`Authorization: Bearer ${key}`)} \\`,
        `  -d ${inShell(body)}`,
      ].join("\n"),
    },
    {
      id: "ollama",
      title: "Ollama",
      note: "Ollama’s own command line carries the key in the address: treat it as a secret.",
      code: `OLLAMA_HOST=${url}/k/${key} ollama run ${inShell(model)}`,
    },
    {
      id: "js",
      title: "JavaScript",
      note: "With the package openai; ollama takes the key as a header.",
      code: [
        'import OpenAI from "openai";',
        "",
        `const openai = new OpenAI({ baseURL: "${url}/v1", apiKey: "${key}" });`,
        "const answer = await openai.chat.completions.create({",
        `  model: ${JSON.stringify(model)},`,
        '  messages: [{ role: "user", content: "Hello" }],',
        "});",
        "console.log(answer.choices[0].message.content);",
      ].join("\n"),
    },
    {
      id: "python",
      title: "Python",
      note: "With the package ollama.",
      code: [
        "from ollama import Client",
        "",
        `client = Client(host="${url}", headers={"Authorization": "Bearer ${key}"})`,
        `answer = client.chat(model=${JSON.stringify(model)}, messages=[{"role": "user", "content": "Hello"}])`,
        "print(answer.message.content)",
      ].join("\n"),
    },
    {
      id: "open-webui",
      title: "Open WebUI",
      note: "Start it with these variables; or enter both under Admin settings, Connections, OpenAI API.",
      code: [`OPENAI_API_BASE_URL=${url}/v1`, `OPENAI_API_KEY=${key}`].join("\n"),
    },
    {
      id: "setup",
      title: "Other tools",
      note: "flock setup writes it into the settings of Zed, Continue, Aider and others, and can take it back.",
      code: `FLOCK_API_URL=${url} FLOCK_API_KEY=${key} flock setup zed`,
    },
  ];
}

/** One word of a shell, whatever is in it: names of models are not ours. */
function inShell(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
