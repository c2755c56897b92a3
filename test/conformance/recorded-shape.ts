import { parsed, type Recording } from "./golden-recordings.js";
import type { RawResponse } from "./http-client.js";

/** How an answer is framed, and what of it any answer to the same request has, whatever the model said. */
export interface AnswerShape {
  readonly status: number;
  /** Without its parameters; undefined where a status says everything. */
  readonly contentType: string | undefined;
  /** Types of events, or whether a line is the last, in order and without repetitions. */
  readonly sequence: readonly string[];
  /** The first and the last object of a stream; the one object of a whole answer. */
  readonly first: unknown;
  readonly last: unknown;
}

/**
 * Members that Ollama tells and we do not; the end of a response, which is none where its limit cut it (docs/api.md);
 * what one model has and another has not.
 */
const NOT_COMPARED: ReadonlySet<string> = new Set([
  ...["context", "completed_at"],
  ...["details", "model_info", "capabilities", "parameters", "system", "tensors"],
]);

export function shapeOfRecording({ response }: Recording): AnswerShape {
  const { status, body, lines } = response;
  if (lines === undefined)
    return { ...shapeOfObjects(status, [body]), contentType: typeOf(response.headers) };
  const isLines = lines.every((line) => typeof line === "object");
  const objects = isLines ? lines : eventsIn(`${lines.join("\n").trimEnd()}\n\n`);
  return { ...shapeOfObjects(status, objects), contentType: typeOf(response.headers) };
}

/** Throws if a line or an event is not whole. */
export function shapeOfAnswer({ status, headers, body }: RawResponse): AnswerShape {
  const contentType = typeOf(headers);
  return { ...shapeOfObjects(status, objectsIn(contentType, body)), contentType };
}

function objectsIn(contentType: string | undefined, body: string): readonly unknown[] {
  if (contentType === "text/event-stream") return eventsIn(body);
  if (contentType !== "application/x-ndjson") return [parsed(body)];
  if (!body.endsWith("\n")) throw new Error(`the last line is not whole: ${body.slice(-80)}`);
  return body
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** The data of server-sent events; `[DONE]` is a text among them. */
function eventsIn(body: string): readonly unknown[] {
  if (!body.endsWith("\n\n")) throw new Error(`the last event is not whole: ${body.slice(-80)}`);
  return body
    .slice(0, -2)
    .split("\n\n")
    .map((event) => {
      const [, name, data] = /^(?:event: (\S+)\n)?data: (.*)$/.exec(event) ?? [];
      if (data === undefined) throw new Error(`no event: ${event}`);
      if (data === "[DONE]") return data;
      const object = JSON.parse(data);
      if (name !== undefined && object.type !== name) throw new Error(`${name} names ${object.type}`);
      return object;
    });
}

function shapeOfObjects(status: number, objects: readonly unknown[]): Omit<AnswerShape, "contentType"> {
  const whole = objects.filter((object) => typeof object === "object");
  return {
    status,
    sequence: objects.map(stepOf).filter((step, at, all) => step !== all[at - 1]),
    first: whole[0],
    last: whole.at(-1),
  };
}

function stepOf(object: unknown): string {
  if (typeof object !== "object" || object === null) return String(object).slice(0, 20);
  // CAST: an object of any dialect.
  const { type, done, choices } = object as { type?: string; done?: boolean; choices?: readonly unknown[] };
  if (typeof type === "string") return type;
  if (choices !== undefined) return choices.length > 0 ? "choice" : "usage";
  return done === undefined ? "object" : `done: ${done}`;
}

function typeOf(headers: Recording["response"]["headers"]): string | undefined {
  const [, value] =
    Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === "content-type") ?? [];
  return (Array.isArray(value) ? value[0] : value)?.split(";")[0];
}

/** What `there` has and `here` has not, or of another type, as paths; `here` may have more. */
export function missingIn(here: unknown, there: unknown, path = ""): readonly string[] {
  if (there === null || there === undefined) return [];
  if (kindOf(here) !== kindOf(there)) return [`${path}: ${kindOf(here)} instead of ${kindOf(there)}`];
  if (Array.isArray(there) && Array.isArray(here))
    return there.length === 0 ? [] : missingIn(here[0], there[0], `${path}[0]`);
  if (typeof there !== "object") return [];
  return Object.entries(there)
    .filter(([name]) => !NOT_COMPARED.has(name))
    .flatMap(([name, value]) =>
      // CAST: an object, as `there` is one.
      missingIn((here as Record<string, unknown>)[name], value, `${path}.${name}`),
    );
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
