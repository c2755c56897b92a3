import { FlockError } from "@flock/errors";

/** Longer than any line of a streamed answer, as characters. */
const LINE_LENGTH_MAX = 4 * 1024 * 1024;

type LineReader = Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "releaseLock">;

/**
 * The same answer, of whose stream only whole lines of JSON are read. The client's library skips a line that is none,
 * and so a part of the answer, and prints it: what a model says belongs into no log.
 */
export function withJsonLines(response: Response): Response {
  const { ok, status, statusText, headers, body } = response;
  const answer = {
    ...{ ok, status, statusText, headers },
    text: () => response.text(),
    json: () => response.json(),
    body: body && { getReader: () => jsonLines(body.getReader()) },
  };
  // CAST: what the pinned client reads of a Response, and no more; its tests run against real servers.
  return answer as unknown as Response;
}

function jsonLines(reader: LineReader): LineReader {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = "";
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      const text = rest + decoder.decode(value, { stream: !done });
      const end = done ? text.length : text.lastIndexOf("\n") + 1;
      rest = text.slice(end);
      if (rest.length > LINE_LENGTH_MAX) throw noAnswer();
      const lines = text.slice(0, end).split("\n").filter(isLine);
      if (lines.length > 0) return { done: false as const, value: encoder.encode(`${lines.join("\n")}\n`) };
      if (done) return { done: true as const, value: undefined };
    }
  };
  return { read, releaseLock: () => reader.releaseLock() };
}

/** Whether there is anything in the line; throws if that is no JSON. */
function isLine(line: string): boolean {
  if (line.trim() === "") return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    // Without the parser's message: it would show a piece of the answer.
    throw noAnswer();
  }
}

function noAnswer(): FlockError {
  return new FlockError("unavailable", "Ollama sent a line that is no JSON");
}
