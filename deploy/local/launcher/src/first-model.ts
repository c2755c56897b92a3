import { FlockError } from "@flock/errors";
import { delay } from "./delay.js";

const POLL_INTERVAL_MS = 25;
/** Models are listed one after another: so long after the first one, one that can chat may still come. */
const CHAT_WAIT_MS = 3_000;

/** A model that a request can ask for. */
export interface AskableModel {
  /** Empty: there is none. */
  readonly name: string;
  /** False: it only makes embeddings. */
  readonly canChat: boolean;
}

/**
 * Waits until the API lists a model, which is when a request can be served, and returns one that can chat, if there is
 * one.
 * @throws FlockError `deadline_exceeded` when none appears in time; what `signal` was aborted with.
 */
export async function untilModelServed(
  apiUrl: string,
  apiKey: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<AskableModel> {
  const deadline = Date.now() + timeoutMs;
  let chatDeadline = deadline;
  while (Date.now() < deadline) {
    const [first, ...others] = await listedModels(apiUrl, apiKey, signal);
    const chatting = [first, ...others].find((model) => model?.canChat);
    if (chatting !== undefined) return chatting;
    if (first !== undefined) {
      chatDeadline = Math.min(chatDeadline, Date.now() + CHAT_WAIT_MS);
      if (Date.now() >= chatDeadline) return first;
    }
    await delay(POLL_INTERVAL_MS, signal);
  }
  throw new FlockError(
    "deadline_exceeded",
    `the workers are ready, but ${apiUrl}/api/tags lists no model after ${timeoutMs / 1_000} s`,
  );
}

/** A model of which nothing is said can do what most can. */
const USUAL_CAPABILITIES = ["completion"];

async function listedModels(apiUrl: string, apiKey: string, signal: AbortSignal): Promise<AskableModel[]> {
  try {
    const response = await fetch(`${apiUrl}/api/tags`, {
      headers: { authorization: `Bearer ${apiKey}` },
      signal,
    });
    // CAST: our own api's documented answer; an error answer has no models and is asked again.
    const { models = [] } = (await response.json()) as {
      models?: { name: string; capabilities?: string[] }[];
    };
    return models.map(({ name, capabilities = USUAL_CAPABILITIES }) => {
      return { name, canChat: capabilities.includes("completion") };
    });
  } catch {
    signal.throwIfAborted();
    return []; // The api is being restarted.
  }
}
