import { connect } from "node:net";
import { FlockError } from "@flock/errors";

/** What an HTTP server of JSON answers, with its head. */
export async function jsonAt(
  url: string,
  signal: AbortSignal,
  body?: object,
): Promise<{ readonly status: number; readonly headers: Headers; readonly body: unknown }> {
  const init =
    body === undefined
      ? {}
      : { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(url, { ...init, signal }).catch((cause: unknown) => {
    throw new FlockError("unavailable", `nobody answers at ${url}`, { cause });
  });
  const answer: unknown = await response.json().catch(() => undefined);
  return { status: response.status, headers: response.headers, body: answer };
}

/** Whether somebody listens there, and what they say first of their own accord. */
export function greetingAt(host: string, port: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (done: () => void) => {
      socket.destroy();
      done();
    };
    socket.setTimeout(500, () => end(() => resolve("")));
    socket.once("data", (bytes) => end(() => resolve(bytes.toString("latin1"))));
    socket.once("error", (error) => end(() => reject(error)));
    signal.addEventListener("abort", () => end(() => resolve("")));
  });
}

export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined;
}
