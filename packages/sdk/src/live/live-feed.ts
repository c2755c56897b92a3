import { chunksOf } from "../client/bounded-body.js";
import { pause } from "../client/deadline.js";
import { FlockAnswerError, FlockApiError } from "../client/errors.js";
import type { Transport } from "../client/transport.js";
import { type Frame, frame } from "./frame.js";
import { SseParser } from "./sse-parser.js";

export interface LiveOptions {
  /** Ends the feed: the loop over it ends, and nothing is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** The `seq` of the last frame that is known already; none: the feed begins with the last minute. */
  readonly after?: number | undefined;
  /** Told when the feed is open, and when it waits to be opened again: what is shown may be stale then. */
  readonly onState?: ((state: "open" | "waiting") => void) | undefined;
}

/** A frame comes each second. Whoever hears nothing for so long has a connection that is none. */
const SILENCE_MS_MAX = 20_000;
const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 15_000;

/**
 * The network, second by second, for as long as somebody looks. A connection that is lost is opened again, and goes on
 * behind the last frame; frames come in order and once.
 * @throws FlockApiError when the network refuses the feed for another reason than that it is busy; FlockAnswerError for
 *   a frame that is none.
 */
export async function* liveFeed(
  transport: Transport,
  { signal, after, onState }: LiveOptions = {},
): AsyncGenerator<Frame, void, undefined> {
  let last = after;
  let failures = 0;
  const isOver = () => signal?.aborted === true;
  while (!isOver()) {
    let failure: unknown;
    try {
      for await (const each of connection(transport, last, { signal, onState })) {
        failures = 0;
        if (last !== undefined && each.seq <= last) continue;
        last = each.seq;
        yield each;
      }
    } catch (cause) {
      failure = cause;
    }
    if (isOver()) return;
    if (failure !== undefined && !isPassing(failure)) throw failure;
    onState?.("waiting");
    failures += 1;
    await pause(waitMs(failure, failures), signal).catch(() => {}); // It is over then, as the loop sees.
  }
}

/** The frames of one connection. It is given up when nothing comes. */
async function* connection(
  transport: Transport,
  last: number | undefined,
  { signal, onState }: LiveOptions,
): AsyncGenerator<Frame, void, undefined> {
  const silence = new AbortController();
  const ended = signal === undefined ? silence.signal : AbortSignal.any([silence.signal, signal]);
  const headers = {
    accept: "text/event-stream",
    ...(last === undefined ? {} : { "last-event-id": String(last) }),
  };
  const response = await transport.open({ method: "GET", path: "/live", headers }, { signal: ended });
  onState?.("open");
  const parser = new SseParser();
  const decoder = new TextDecoder();
  const giveUp = () => silence.abort();
  let timer = setTimeout(giveUp, SILENCE_MS_MAX);
  try {
    for await (const chunk of chunksOf(response)) {
      clearTimeout(timer);
      for (const { event, data } of parser.push(decoder.decode(chunk, { stream: true })))
        if (event === "frame") yield frameOf(data);
      timer = setTimeout(giveUp, SILENCE_MS_MAX);
    }
  } finally {
    clearTimeout(timer);
  }
}

function frameOf(data: string): Frame {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new FlockAnswerError("", "a frame is not JSON");
  }
  return frame(value, "");
}

/** Whether the feed can be had again later: not what is refused for good, nor what is not understood. */
function isPassing(failure: unknown): boolean {
  if (failure instanceof FlockAnswerError || failure instanceof RangeError) return false;
  return !(failure instanceof FlockApiError) || failure.status === 429 || failure.status >= 500;
}

function waitMs(failure: unknown, failures: number): number {
  const backoffMs = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
  return failure instanceof FlockApiError ? Math.max(failure.retryAfterMs ?? 0, backoffMs) : backoffMs;
}
