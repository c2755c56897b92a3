import { createServer } from "node:net";
import { FlockError } from "@flock/errors";
import { listingClient } from "@flock/runner";

const TIMEOUT_MS = 5_000;
/** Texts that a worker signs are refused when they are five minutes off; whoever is one minute off soon will be. */
const CLOCK_OFF_MS_MAX = 60_000;

/** What is not as it must be, and what to do about it. It may mend itself: the worker waits. */
export interface Finding {
  readonly what: string;
  readonly hint: string;
}

/** Whether the API answers, and agrees about the time. */
export async function checkApi(apiUrl: string): Promise<Finding | undefined> {
  let date: string | null;
  // Without what may be secret in it.
  const { origin } = new URL(apiUrl);
  try {
    const url = `${apiUrl.replace(/\/+$/, "")}/api/version`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    if (response.status !== 200) {
      const what = `${origin} answers ${response.status}, and does not seem to be the API of a network`;
      return { what, hint: "Compare it with what the network's operator says: --api https://…" };
    }
    date = response.headers.get("date");
  } catch {
    return {
      what: `no API answers at ${origin}`,
      hint: "Is the address right, and does this machine reach it? The worker goes on trying.",
    };
  }
  const offMs = date === null ? 0 : Date.now() - Date.parse(date);
  if (Number.isNaN(offMs) || Math.abs(offMs) <= CLOCK_OFF_MS_MAX) return undefined;
  const seconds = Math.round(Math.abs(offMs) / 1_000);
  return {
    what: `this machine's clock is ${seconds} s ${offMs > 0 ? "ahead" : "behind"}`,
    hint: "The network refuses what a wrong clock has signed. Let the machine set it by itself (NTP).",
  };
}

/** Whether Ollama answers and has a model. */
export async function checkOllama(ollamaUrl: string): Promise<Finding | undefined> {
  try {
    const { models } = await listingClient(ollamaUrl).list();
    if (models.length > 0) return undefined;
    return {
      what: `the Ollama at ${ollamaUrl} has no model`,
      hint: "Get one that the network asks for, for example: ollama pull llama3.2",
    };
  } catch {
    return {
      what: `no Ollama answers at ${ollamaUrl}`,
      hint: "Start it: ollama serve. Get it: https://ollama.com/download. Elsewhere: --ollama <url>. The worker waits.",
    };
  }
}

/** @throws FlockError `failed_precondition` if the port cannot be listened on */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
  } catch (cause) {
    // CAST: what Node's net throws.
    const isTaken = (cause as NodeJS.ErrnoException).code === "EADDRINUSE";
    const why = isTaken
      ? "is taken: does a worker run here already (flock-worker state)?"
      : "cannot be used.";
    const message = `port ${port} of ${host} ${why} Another one: --health-port <port>`;
    throw new FlockError("failed_precondition", message, { cause });
  }
  await new Promise((resolve) => server.close(resolve));
}
