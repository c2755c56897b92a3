import { FlockError } from "@flock/errors";
import { z } from "zod";

const COUNT_MAX = 2 ** 31 - 1;
const DURATION_NS_MAX = Number.MAX_SAFE_INTEGER;
const WORD_LENGTH_MAX = 64;
const ERROR_LENGTH_MAX = 4_000;

const count = z.int().min(0).max(COUNT_MAX).optional();
const duration = z.int().min(0).max(DURATION_NS_MAX).optional();
const objects = z.array(z.looseObject({})).nullish();

/** What the runner reads of a line, with the types that an Ollama gives them. */
const LINE = z.looseObject({
  response: z.string().optional(),
  thinking: z.string().optional(),
  message: z
    .looseObject({
      content: z.string().optional(),
      thinking: z.string().optional(),
      tool_calls: objects,
    })
    .optional(),
  tool_calls: objects,
  logprobs: objects,
  done: z.boolean().optional(),
  done_reason: z.string().max(WORD_LENGTH_MAX).optional(),
  prompt_eval_count: count,
  eval_count: count,
  load_duration: duration,
  prompt_eval_duration: duration,
  eval_duration: duration,
  error: z.string().max(ERROR_LENGTH_MAX).optional(),
});

/**
 * Checks one line of an answer. Whether it is the last one.
 * @throws FlockError `unavailable` for what no Ollama writes
 */
export function isLastLine(line: Uint8Array): boolean {
  return parsed(line).done === true;
}

function parsed(line: Uint8Array): z.infer<typeof LINE> {
  try {
    return LINE.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line)));
  } catch (cause) {
    throw new FlockError("unavailable", "the worker sent what is no answer of an Ollama", { cause });
  }
}
