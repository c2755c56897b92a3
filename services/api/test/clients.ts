import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestApi } from "./start-test-api.js";

/** POSTs JSON with the test's key. */
export function post(api: TestApi, path: string, body: object, init: RequestInit = {}): Promise<Response> {
  return fetch(`${api.baseUrl}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${api.apiKey}` },
    body: JSON.stringify(body),
    ...init,
  });
}

/** A connection that has sent a request and reads nothing of the answer until it is told to. */
export async function sendWithoutReading(api: TestApi, path: string, body: object): Promise<Socket> {
  const socket = connect(api.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.pause();
  await once(socket, "connect");
  const text = JSON.stringify(body);
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${api.apiKey}\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  return socket;
}

/** The lines of an NDJSON answer. */
export async function linesOf(response: Response): Promise<Record<string, unknown>[]> {
  const text = await response.text();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
