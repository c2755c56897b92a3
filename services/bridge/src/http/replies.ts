import type { ServerResponse } from "node:http";

/** Answers with JSON. */
export function replyJson(response: ServerResponse, status: number, value: object): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length }).end(body);
}

/** How long the rest of a refused request is waited for. */
const REST_MS = 2_000;

/**
 * Says why not, and closes the connection: when all of the request has come and was dropped, or it takes too long. A
 * connection that is closed before all has been read from it is reset, and its sender may lose the answer.
 */
export function refuse(response: ServerResponse, status: number, error: string): void {
  const { req: message } = response;
  response.shouldKeepAlive = false;
  const answer = (): void => {
    clearTimeout(timer);
    replyJson(response, status, { error });
  };
  const timer = setTimeout(answer, message.complete ? 0 : REST_MS);
  message.once("end", answer).once("close", answer);
  message.resume();
}
