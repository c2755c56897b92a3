import { connect, type Socket } from "node:net";

/** A client that asks and then reads nothing: its connection stays open until it is cut or closed. */
export interface UnreadClient {
  close(): void;
}

/**
 * Sends a POST over a bare socket whose receiving side is never read. Resolves when the request is sent.
 * @throws what the connection failed with.
 */
export async function postUnread(
  apiUrl: string,
  apiKey: string,
  path: string,
  body: object,
): Promise<UnreadClient> {
  const { hostname, port } = new URL(apiUrl);
  const payload = JSON.stringify(body);
  const socket: Socket = connect({ host: hostname, port: Number(port) });
  socket.pause();
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${apiKey}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`,
      () => resolve(),
    );
  });
  socket.on("error", () => {}); // Being cut off is what these clients are for.
  return { close: () => void socket.destroy() };
}
