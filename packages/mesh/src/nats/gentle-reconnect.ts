import type { NatsConnection } from "@nats-io/nats-core";
import { waitAtMost } from "../runtime/delay.js";

/** A server that does not even answer is not waited for: what is published meanwhile is kept in memory. */
const FLUSH_MS_MAX = 2_000;

/**
 * Connects anew, to be let in with newer credentials, and loses nothing that is published: what was is with the server
 * before the connection ends, and what is meanwhile waits for the next one. The client alone would drop what comes
 * between the two. Not to be begun again before it has ended.
 *
 * @param reconnected Settles when the next connection stands, or has taken too long.
 */
export async function reconnectGently(
  nats: NatsConnection,
  reconnected: () => Promise<unknown>,
): Promise<void> {
  const held: Parameters<NatsConnection["publish"]>[] = [];
  const { publish } = nats;
  nats.publish = (...message) => void held.push(message);
  try {
    await waitAtMost(nats.flush(), FLUSH_MS_MAX);
    const standing = reconnected();
    await nats.reconnect();
    await standing;
  } catch {
    // The connection broke by itself meanwhile: the client makes the next one.
  } finally {
    nats.publish = publish;
    if (!nats.isClosed()) for (const message of held) nats.publish(...message);
  }
}
