import { connect } from "node:net";

/** A client that has an answer reads on for a moment; one that has none waits for so long, and closes its side. */
const PATIENCE_MS = 5;

/** All that comes back on a connection on which these bytes are sent, until it is closed. */
export async function rawExchange(port: number, pieces: readonly Buffer[]): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let received = "";
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    received += bytes;
    timer.refresh();
  });
  const timer = setTimeout(() => socket.end(), PATIENCE_MS);
  for (const piece of pieces) socket.write(piece);
  await new Promise((resolve) => socket.once("close", resolve));
  clearTimeout(timer);
  return received;
}
