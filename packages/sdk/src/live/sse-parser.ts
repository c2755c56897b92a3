/* Server-sent events, as the HTML standard says how to read them. */

/** An event of a stream. */
export interface SseEvent {
  /** `message` unless it is named. */
  readonly event: string;
  readonly data: string;
  /** Of this event or of the last one that had one; empty: none had. */
  readonly lastEventId: string;
}

/** A line, or an event, that has no end is none of ours. */
const TEXT_LENGTH_MAX = 4 * 1024 * 1024;

/** Reads events from text that comes in pieces, wherever they are cut. */
export class SseParser {
  #rest = "";
  #isFirst = true;
  #event = "";
  #data: string[] = [];
  #dataLength = 0;
  #lastEventId = "";
  #retryMs: number | undefined;

  /** How long the server wants its clients to wait before they come again, if it says so. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /**
   * The events that end in this piece.
   * @throws RangeError for one that is too long
   */
  push(piece: string): SseEvent[] {
    let text = this.#rest + piece;
    if (this.#isFirst && text !== "") {
      this.#isFirst = false;
      if (text.startsWith("\ufeff")) text = text.slice(1);
    }
    const events: SseEvent[] = [];
    let start = 0;
    for (const { 0: ending, index } of text.matchAll(/\r\n|\n|\r/g)) {
      // Of "\r\n" the rest may be in the next piece.
      if (ending === "\r" && index === text.length - 1) break;
      const event = this.#line(text.slice(start, index));
      if (event !== undefined) events.push(event);
      start = index + ending.length;
    }
    this.#rest = text.slice(start);
    if (this.#rest.length + this.#dataLength > TEXT_LENGTH_MAX) throw new RangeError("an event is too long");
    return events;
  }

  #line(line: string): SseEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    this.#field(name, value);
    return undefined;
  }

  #field(name: string, value: string): void {
    if (name === "event") this.#event = value;
    else if (name === "data") {
      this.#data.push(value);
      this.#dataLength += value.length + 1;
    } else if (name === "id" && !value.includes("\0")) this.#lastEventId = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.#retryMs = Number(value);
  }

  #dispatch(): SseEvent | undefined {
    const [data, event] = [this.#data, this.#event];
    [this.#data, this.#event, this.#dataLength] = [[], "", 0];
    if (data.length === 0) return undefined;
    return { event: event === "" ? "message" : event, data: data.join("\n"), lastEventId: this.#lastEventId };
  }
}
