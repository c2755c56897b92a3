import { FlockError } from "@flock/errors";
import type { Asked, Line, Source } from "./cheat.js";

/** A real engine, asked as a worker asks it. */
export function sourceAt(url: string): Source {
  return (asked) => linesAt(url, asked);
}

async function* linesAt(url: string, { path, body, signal }: Asked): AsyncIterable<Line> {
  const init = { method: "POST", body: JSON.stringify({ ...body, stream: true }), signal };
  const response = await fetch(new URL(path, url), init);
  if (!response.ok)
    throw new FlockError("unavailable", `the engine answers ${response.status}: ${await response.text()}`);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of response.body ?? []) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    // CAST: a real engine's own lines.
    for (const line of lines) yield JSON.parse(line) as Line;
  }
}

/** The whole text of an answer. */
export async function wholeText(lines: AsyncIterable<Line>): Promise<string> {
  let text = "";
  for await (const { response, message } of lines) text += response ?? message?.content ?? "";
  return text;
}
