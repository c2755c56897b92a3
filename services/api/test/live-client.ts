/** A frame, as a client reads it. */
export interface ReadFrame {
  readonly id: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is checked by its expectations.
  readonly data: any;
}

const FRAME = /^id: (\d+)\nevent: frame\ndata: (.*)$/;

/** Somebody who follows the live feed. */
export class LiveClient {
  /** All that came. */
  text = "";
  /** Settles when the feed has ended; true: by itself, and whole. */
  readonly ended: Promise<boolean>;

  private constructor(
    readonly response: Response,
    private readonly stop: AbortController,
  ) {
    this.ended = this.#read().then(
      () => true,
      () => false,
    );
  }

  static async open(baseUrl: string, lastEventId?: number): Promise<LiveClient> {
    const stop = new AbortController();
    const headers = new Headers(lastEventId === undefined ? [] : [["last-event-id", String(lastEventId)]]);
    const response = await fetch(`${baseUrl}/flock/v1/live`, { headers, signal: stop.signal });
    return new LiveClient(response, stop);
  }

  get frames(): ReadFrame[] {
    const events = this.text.split("\n\n").slice(0, -1);
    return events.flatMap((event) => {
      const [, id, data] = FRAME.exec(event) ?? [];
      return id === undefined || data === undefined ? [] : [{ id: Number(id), data: JSON.parse(data) }];
    });
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.ended;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.response.body ?? []) this.text += decoder.decode(bytes, { stream: true });
  }
}
