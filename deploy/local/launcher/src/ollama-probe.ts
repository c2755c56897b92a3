import type { LauncherOptions } from "./options.js";

const PROBE_TIMEOUT_MS = 1_000;
/** An Ollama that somebody has named may be far away. */
const NAMED_PROBE_TIMEOUT_MS = 3_000;

/** What came of looking for an Ollama: whether the workers use it, what to say of it, and what to say again. */
export interface OllamaVerdict {
  readonly isUsable: boolean;
  readonly remark?: string;
  readonly missed: readonly string[];
}

/** One that was named and does not answer is said so, now and when all is ready: somebody expects its models. */
export async function lookForOllama({
  embeddedEngine,
  shell,
}: Pick<LauncherOptions, "embeddedEngine" | "shell">): Promise<OllamaVerdict> {
  if (embeddedEngine) return { isUsable: false, missed: [] };
  const { ollamaUrl: url, namesOllama } = shell;
  const found = await findOllama(url, namesOllama);
  if ("silence" in found) {
    if (!namesOllama) return { isUsable: false, missed: [] };
    const remark = `OLLAMA_HOST names ${url}, but ${found.silence}: the embedded engine is used instead`;
    return { isUsable: false, remark, missed: [remark] };
  }
  const isUsable = found.models > 0;
  const verdict = isUsable ? "using it" : "it has no model yet, so the embedded engine is used";
  const remark = `Ollama answers at ${url} with ${found.models} models: ${verdict}`;
  return { isUsable, remark, missed: namesOllama && !isUsable ? [remark] : [] };
}

/** What is found where an Ollama is looked for: so many models, or why there is none to talk to. */
export type OllamaFinding = { readonly models: number } | { readonly silence: string };

/**
 * Looks whether an Ollama answers at `url`. Quick also when none does: a refused connection, one second, or three where
 * one is expected.
 */
export async function findOllama(url: string, isNamed: boolean): Promise<OllamaFinding> {
  try {
    const timeout = AbortSignal.timeout(isNamed ? NAMED_PROBE_TIMEOUT_MS : PROBE_TIMEOUT_MS);
    const response = await fetch(`${url}/api/tags`, { signal: timeout });
    if (!response.ok) return { silence: `it answers with HTTP ${response.status}` };
    const body: unknown = await response.json().catch(() => undefined);
    // CAST: of an answer that may be anything, one field is looked at, which may be anything, too.
    const { models } = Object(body) as { models?: unknown };
    return Array.isArray(models) ? { models: models.length } : { silence: "what answers is no Ollama" };
  } catch (error) {
    return { silence: reason(error) };
  }
}

/** `fetch` says only "fetch failed" and keeps the reason in the cause. */
function reason(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  if (name === "TimeoutError") return "nothing answers";
  if (cause?.code === "ECONNREFUSED") return "nothing listens there";
  return cause?.message || message;
}
