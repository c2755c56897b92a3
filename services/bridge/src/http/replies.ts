import type { ServerResponse } from "node:http";

/** Answers with JSON. */
export function replyJson(response: ServerResponse, status: number, value: object): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length }).end(body);
}

/** How long the rest of a refused request is dropped, so that its sender can read why, before its connection ends. */
const LINGER_MS = 1_000;

/** Says why not, and closes the connection. */
export function refuse(response: ServerResponse, status: number, error: string): void {
  const { req: message } = response;
  response.shouldKeepAlive = false;
  const timer = setTimeout(() => message.destroy(), LINGER_MS);
  message.once("close", () => clearTimeout(timer));
  message.resume();
  replyJson(response, status, { error });
}
