import { CHOICES_MAX, optionsOfQuestion, type TokenChoice } from "@flock/evidence";
import { z } from "zod";

const requestSchema = z.looseObject({
  options: z.looseObject({ num_predict: z.number().optional() }).nullish(),
});

/**
 * The request that a referee gets: the client's, with the probabilities of the first choices asked for, and room for
 * one more token than the answer has. Undefined: it is no request.
 *
 * @param question The how-manieth question about the place, from 0.
 */
export function refereeRequest(
  requestJson: Uint8Array,
  tokensBefore: number,
  question: number,
): Uint8Array | undefined {
  const request = requestSchema.safeParse(jsonOf(requestJson));
  if (!request.success) return undefined;
  const options = request.data.options ?? {};
  const asked = options.num_predict ?? 0;
  const num_predict = asked > 0 ? Math.max(asked, tokensBefore + 1) : tokensBefore + 1;
  const body = {
    ...request.data,
    options: optionsOfQuestion({ ...options, num_predict }, question),
    logprobs: true,
    top_logprobs: CHOICES_MAX,
  };
  return new TextEncoder().encode(JSON.stringify(body));
}

export function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

const choiceSchema = z.object({ token: z.string().max(1_024), logprob: z.number() });
const logprobsSchema = z.array(z.object({ top_logprobs: z.array(choiceSchema).max(64) })).max(1_024);

/** The first choices of the first token, by a referee's word; undefined: it tells none. */
export function firstChoices(logprobsJson: Uint8Array): TokenChoice[] | undefined {
  const read = logprobsSchema.safeParse(jsonOf(logprobsJson));
  const choices = read.success ? read.data[0]?.top_logprobs : undefined;
  return choices === undefined || choices.length === 0 ? undefined : choices;
}

const showSchema = z.object({ parameters: z.string().max(65_536).optional() });

/** A model's own parameters, as Ollama's `show` lists them: a name and a value a line; a name may come again. */
export function modelParameters(showJson: Uint8Array): Record<string, unknown> {
  const read = showSchema.safeParse(jsonOf(showJson));
  const stops: string[] = [];
  const parameters: Record<string, unknown> = {};
  for (const line of (read.success ? (read.data.parameters ?? "") : "").split("\n")) {
    const [, name, text] = /^(\w+)\s+(.+)$/.exec(line.trim()) ?? [];
    if (name === undefined || text === undefined) continue;
    if (name === "stop") stops.push(text);
    else if (Number.isFinite(Number(text))) parameters[name] = Number(text);
  }
  return stops.length > 0 ? { ...parameters, stop: stops } : parameters;
}
