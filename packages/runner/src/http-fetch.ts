import { on } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, Agent as SecureAgent } from "node:https";
import { text } from "node:stream/consumers";

/*
 * Connections are kept: a local Ollama never closes one, and the hint in a server's Keep-Alive header is heeded.
 * There is no limit to their number; the worker's slots are that.
 */
const AGENT = new Agent({ keepAlive: true });
const SECURE_AGENT = new SecureAgent({ keepAlive: true });

/** Pieces of an answer that may wait to be read before Ollama is. */
const UNREAD_PIECES_MAX = 64;

/**
 * `fetch` over node:http, for the Ollama client: as much of a Response as that client reads. The platform's own fetch
 * delays the first token and costs twice the processor time for each token, because of its web streams. It also gives
 * up on an Ollama that takes more than five minutes to load a model.
 *
 * Aborting `signal` ends the request at any stage. Rejects with the socket's error.
 */
export async function httpFetch(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  const message = await send(new URL(url), init, signal);
  const status = message.statusCode ?? 0;
  const answer = {
    ok: status >= 200 && status < 300,
    status,
    statusText: message.statusMessage ?? "",
    headers: { get: (name: string) => message.headers[name]?.toString() ?? null },
    text: () => text(message),
    json: async (): Promise<unknown> => JSON.parse(await text(message)),
    body: { getReader: () => readerOf(message) },
  };
  // CAST: what the pinned client reads of a Response, and no more; its tests run against real servers.
  return answer as unknown as Response;
}

/** The client stops reading at its last line; what little follows flows on, since only the end frees the connection. */
function readerOf(message: IncomingMessage) {
  const pieces = on(message, "data", { close: ["end"], highWaterMark: UNREAD_PIECES_MAX });
  const read = async () => {
    const { done, value } = await pieces.next();
    return { done: done === true, value: value?.[0] as Uint8Array | undefined };
  };
  return { read, releaseLock: () => {} };
}

async function send(url: URL, init: RequestInit, signal: AbortSignal): Promise<IncomingMessage> {
  try {
    return await sendOnce(url, init, signal);
  } catch (thrown) {
    // The server closed a kept connection in the moment in which we took it: it has not seen the request.
    if (thrown instanceof StaleConnection) return await sendOnce(url, init, signal);
    throw thrown;
  }
}

class StaleConnection extends Error {}

function sendOnce(url: URL, init: RequestInit, signal: AbortSignal): Promise<IncomingMessage> {
  const isSecure = url.protocol === "https:";
  const options = {
    method: init.method ?? "GET",
    // CAST: the client passes headers as an object of strings.
    headers: init.headers as Record<string, string>,
    agent: isSecure ? SECURE_AGENT : AGENT,
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = isSecure ? httpsRequest(url, options, resolve) : httpRequest(url, options, resolve);
    request.on("error", (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && error.code === "ECONNRESET" && !signal.aborted;
      reject(isStale ? new StaleConnection(error.message, { cause: error }) : error);
    });
    request.setNoDelay(true);
    // CAST: the client's bodies are JSON texts.
    request.end(init.body as string | undefined);
  });
}
