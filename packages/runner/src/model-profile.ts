/** What decides how this worker runs a model and reads its answers. */
export interface ModelProfile {
  /** Tokens of context that the model is run with: the same for every request; 0: Ollama's default. */
  readonly contextLength: number;
  /** The model's own stop words: text that may begin one is held back. */
  readonly stopWords: readonly string[];
  readonly canThink: boolean;
  /** It is run by an engine that can go on in the middle of structured output. */
  readonly resumesFormat: boolean;
}

export const UNKNOWN_PROFILE: ModelProfile = {
  contextLength: 0,
  stopWords: [],
  canThink: false,
  resumesFormat: false,
};

const PARAMETER = /^(\S+)\s+(.+)$/;
const STOP_WORDS_MAX = 64;

/**
 * Reads the answer of `/api/show`. The context is what the model's owner has set in its Modelfile (`num_ctx`), else
 * `contextMax`; and never more than the model was made for.
 */
export function modelProfile(shown: Readonly<Record<string, unknown>>, contextMax: number): ModelProfile {
  const parameters = typeof shown.parameters === "string" ? parametersOf(shown.parameters) : [];
  const own = Number(parameters.find(([name]) => name === "num_ctx")?.[1]);
  const wanted = Number.isSafeInteger(own) && own > 0 ? own : contextMax;
  const trained = trainedContext(shown.model_info);
  const stopWords = parameters.filter(([name]) => name === "stop").map(([, value]) => unquoted(value));
  return {
    contextLength: trained > 0 ? Math.min(wanted, trained) : wanted,
    stopWords: stopWords.slice(0, STOP_WORDS_MAX),
    canThink: Array.isArray(shown.capabilities) && shown.capabilities.includes("thinking"),
    resumesFormat: shown.resumes_format === true,
  };
}

/** Tokens of context that the model was made for; 0 if it does not say. */
function trainedContext(modelInfo: unknown): number {
  const entries = Object.entries((modelInfo ?? {}) as Record<string, unknown>);
  const length = entries.find(([key]) => key.endsWith(".context_length"))?.[1];
  return typeof length === "number" && Number.isSafeInteger(length) && length > 0 ? length : 0;
}

function parametersOf(text: string): [string, string][] {
  return text.split("\n").flatMap((line): [string, string][] => {
    const [, name, value] = PARAMETER.exec(line.trim()) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
}

function unquoted(value: string): string {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "string" ? parsed : value;
  } catch {
    return value; // Written without quotes, or in Go's notation: its first character is what matters.
  }
}
