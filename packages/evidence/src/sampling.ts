import { z } from "zod";

/** How a model chooses among its tokens. */
export interface Sampling {
  /** 0: always the most likely one. */
  readonly temperature: number;
  /** Only so many of the most likely ones; 0: all. */
  readonly topK: number;
  /** Only the most likely ones that together have this probability. */
  readonly topP: number;
  /** Only those that are at least this part as likely as the most likely one. */
  readonly minP: number;
  /**
   * How far tokens that were there before may be lowered, in millinats; 0: they are not. Which ones are is not known:
   * the engine looks at tokens of the prompt, too.
   */
  readonly penaltyMillinats: number;
  /** An end of the text is one that the model chose: no stop word can have ended it. */
  readonly endsByItself: boolean;
}

const finite = z.number().finite().nullish();
const optionsSchema = z.object({
  temperature: finite,
  top_k: finite,
  top_p: finite,
  min_p: finite,
  typical_p: finite,
  repeat_penalty: finite,
  repeat_last_n: finite,
  presence_penalty: finite,
  frequency_penalty: finite,
  mirostat: finite,
  stop: z.array(z.string()).nullish(),
});
const requestSchema = z.object({
  options: optionsSchema.nullish(),
  format: z.unknown().optional(),
  tools: z.unknown().optional(),
});

/** Ollama's. */
const REPEAT_LAST_N = 64;

/** An engine divides the logit of a repeated token by the penalty, or multiplies it. Logits are hardly above this. */
const LOGIT_MAX = 40;
/** Nothing is told apart from nothing beyond it. */
const PENALTY_MAX = 1_000_000;

/**
 * How an answer to Ollama's request was sampled. The model's own parameters count where the request has none.
 * Undefined: the choice does not follow from the probabilities alone (a grammar, tools, a sampler that is not known).
 */
export function samplingOf(
  request: unknown,
  parameters: Readonly<Record<string, unknown>> = {},
): Sampling | undefined {
  const read = requestSchema.safeParse(request);
  if (!read.success || isGiven(read.data.format) || isGiven(read.data.tools)) return undefined;
  const own = optionsSchema.safeParse(parameters);
  if (!own.success) return undefined;
  const options = { ...own.data, ...given(read.data.options ?? {}) };
  if ((options.typical_p ?? 1) !== 1 || (options.mirostat ?? 0) !== 0) return undefined;
  return {
    temperature: Math.max(0, options.temperature ?? 0.8),
    topK: Math.max(0, Math.trunc(options.top_k ?? 40)),
    topP: clamp(options.top_p ?? 0.9),
    minP: clamp(options.min_p ?? 0),
    penaltyMillinats: penaltyOf(options),
    endsByItself: (options.stop ?? []).length === 0,
  };
}

type Options = z.infer<typeof optionsSchema>;

function penaltyOf(options: Options): number {
  const lastN = options.repeat_last_n ?? REPEAT_LAST_N;
  if (lastN === 0) return 0;
  const [repeat, presence] = [options.repeat_penalty ?? 1, options.presence_penalty ?? 0];
  const ofLogit = LOGIT_MAX * (repeat > 0 ? Math.max(repeat, 1 / repeat) - 1 : 1);
  const times = lastN < 0 ? Number.MAX_SAFE_INTEGER : lastN;
  const ofCount = Math.abs(options.frequency_penalty ?? 0) * times;
  return Math.min(PENALTY_MAX, Math.round((ofLogit + Math.abs(presence) + ofCount) * 1_000));
}

function isGiven(value: unknown): boolean {
  return (
    value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0)
  );
}

/** Without the members that are null or undefined. */
function given<T extends object>(options: T): Partial<T> {
  const entries = Object.entries(options).filter(([, value]) => value !== null && value !== undefined);
  // CAST: fromEntries forgets the names, and these are T's own.
  return Object.fromEntries(entries) as Partial<T>;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
