import { FlockError } from "@flock/errors";
import { clientOf } from "../limits/client-address.js";
import type { ApiMetrics } from "../metrics.js";
import type { LiveFrame, LiveFrames } from "./live-frames.js";

/** Who follows the feed, as the feed sees it. */
export interface LiveClient {
  /** Bytes that were given to it and have not left. */
  readonly unsentBytes: number;
  /** Has it all: a frame, some of them, or a sign of life. The same bytes go to many. */
  send(bytes: Buffer): void;
  end(): void;
  /** It does not read. */
  cutOff(): void;
}

/** What clients are sent. */
export interface LiveForm {
  encode(frame: LiveFrame): string;
  /** What says that the connection lives. */
  readonly signOfLife: string;
}

export interface LiveFeedOptions {
  readonly frames: Pick<LiveFrames, "kept" | "listen">;
  readonly form: LiveForm;
  readonly connectionsMax: number;
  readonly connectionsPerClientMax: number;
  readonly metrics: Pick<ApiMetrics, "liveListeners" | "liveRefused" | "liveDropped">;
}

const SIGN_OF_LIFE_MS = 15_000;
/** More than all frames that a new client is given. */
const UNSENT_BYTES_MAX = 1024 * 1024;
const RETRY_AFTER_MS = 30_000;

/**
 * The frames for whoever follows them: encoded once for all, with a bound on connections. A client that does not read
 * is cut off, so that it costs no more than what waits for it.
 */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  /** The address that each counts for. */
  readonly #clients = new Map<LiveClient, string>();
  /** The last frames, as they are sent. */
  #kept: { readonly seq: number; readonly bytes: Buffer }[] = [];
  #signs: NodeJS.Timeout | undefined;
  #stopListening: (() => void) | undefined;
  #isOver = false;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  /**
   * Refuses one that is one too many.
   * @throws FlockError `resource_exhausted` if its address has too many, `unavailable` if all together are too many.
   */
  admit(address: string): void {
    const { connectionsMax, connectionsPerClientMax, metrics } = this.#options;
    const client = clientOf(address);
    const retry = { afterMs: RETRY_AFTER_MS };
    if ([...this.#clients.values()].filter((each) => each === client).length >= connectionsPerClientMax) {
      metrics.liveRefused("client");
      throw new FlockError(
        "resource_exhausted",
        `your address follows the live feed ${connectionsPerClientMax} times already`,
        { retry },
      );
    }
    if (this.#clients.size >= connectionsMax) {
      metrics.liveRefused("all");
      throw new FlockError("unavailable", "as many as can follow the live feed already", { retry });
    }
  }

  /**
   * Sends a client the last frames, those after `after` if it has had some, and each that comes. Call the function that
   * it returns when the client has gone.
   */
  follow(client: LiveClient, address: string, after?: number): () => void {
    if (this.#isOver) {
      client.end();
      return () => {};
    }
    this.#begin();
    this.#clients.set(client, clientOf(address));
    this.#options.metrics.liveListeners(1);
    const missed = this.#kept.filter(({ seq }) => after === undefined || seq > after);
    if (missed.length > 0) client.send(Buffer.concat(missed.map(({ bytes }) => bytes)));
    return () => this.#forget(client);
  }

  /** Ends all connections, and each that begins later. */
  end(): void {
    this.#isOver = true;
    for (const client of [...this.#clients.keys()]) {
      this.#forget(client);
      client.end();
    }
    this.#pause();
  }

  #begin(): void {
    if (this.#clients.size > 0) return;
    const { frames, form } = this.#options;
    const encoded = (frame: LiveFrame) => ({ seq: frame.seq, bytes: Buffer.from(form.encode(frame)) });
    this.#kept = frames.kept().map(encoded);
    this.#stopListening = frames.listen((frame) => {
      const kept = encoded(frame);
      this.#kept.push(kept);
      this.#kept = this.#kept.slice(-frames.kept().length);
      this.#sendAll(kept.bytes);
    });
    const sign = Buffer.from(form.signOfLife);
    this.#signs = setInterval(() => this.#sendAll(sign), SIGN_OF_LIFE_MS);
  }

  #sendAll(bytes: Buffer): void {
    for (const client of this.#clients.keys()) {
      if (client.unsentBytes <= UNSENT_BYTES_MAX) client.send(bytes);
      else {
        this.#options.metrics.liveDropped();
        this.#forget(client);
        client.cutOff();
      }
    }
  }

  #forget(client: LiveClient): void {
    if (!this.#clients.delete(client)) return;
    this.#options.metrics.liveListeners(-1);
    if (this.#clients.size === 0) this.#pause();
  }

  /** Nobody listens: nothing is encoded. */
  #pause(): void {
    clearInterval(this.#signs);
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}
