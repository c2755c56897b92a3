import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RecordedOllama, type Recording } from "./recorded-ollama.js";
import { EMOJI, PLAIN, REPETITIVE, STOP_WORD, TOOL_CALL } from "./recordings.js";

interface Exchange {
  readonly name: string;
  readonly request: { readonly body: Record<string, unknown> };
  readonly response: { readonly lines: readonly Record<string, unknown>[] };
}

function golden(file: "chat" | "generate", name: string): Exchange {
  const path = join(import.meta.dirname, "../../golden", `${file}.jsonl`);
  const exchanges = readFileSync(path, "utf8").trim().split("\n");
  const found = exchanges.map((line) => JSON.parse(line) as Exchange).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no exchange ${name}`);
  return found;
}

/** What matters of a line here: its text, its end, its counts. */
function essence(line: Readonly<Record<string, unknown>>) {
  const { response, message, done, done_reason, prompt_eval_count, eval_count } = line;
  // A call's id is random.
  const said = JSON.parse(JSON.stringify(message ?? null), (key, value) => (key === "id" ? "id" : value));
  return { response, message: said, done, done_reason, prompt_eval_count, eval_count };
}

describe("the fake Ollama that replays recordings", () => {
  it.each<[string, "chat" | "generate", string, Recording]>([
    ["plain text", "chat", "chat-stream", PLAIN],
    ["characters of several tokens", "generate", "generate-emoji-stream", EMOJI],
    ["text held back for a stop word", "generate", "generate-stop-word", STOP_WORD],
    ["an answer that repeats itself", "chat", "chat-token-repeat-stream", REPETITIVE],
    ["a tool call", "chat", "chat-tools-stream", TOOL_CALL],
  ])("sends %s as the real one did", async (_what, endpoint, name, recording) => {
    const { request, response } = golden(endpoint, name);
    const ollama = await RecordedOllama.start(recording);
    const body = { ...request.body, raw: false };
    expect(ollama.linesOf(endpoint, body).map(essence)).toEqual(response.lines.map(essence));
    await ollama.stop();
  });
});
