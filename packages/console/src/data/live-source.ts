import { request } from "./client.js";
import { frameOfFigures, type LiveFigures, type LiveFrame, parseFrame } from "./live-frame.js";

export type LiveState = "connecting" | "live" | "reconnecting" | "polling";

export interface LiveSink {
  frame(frame: LiveFrame): void;
  state(state: LiveState): void;
}

const POLL_MS = 5_000;
/** Without a frame for so long a stream is no stream, whatever the browser thinks of it. */
const SILENCE_MS = 8_000;
/** A stream that did not come is asked for again after so long. */
const STREAM_AGAIN_MS = 60_000;

/**
 * Hears the network for one tab: by the stream of frames, else by asking every five seconds. The stream is tried
 * again every minute. Ends when `signal` is aborted.
 */
export function openLiveSource(sink: LiveSink, signal: AbortSignal): void {
  if (signal.aborted) return;
  const stream = new EventSource("/flock/v1/live");
  let silence = setTimeout(giveUp, SILENCE_MS);
  signal.addEventListener("abort", close, { once: true });

  stream.addEventListener("frame", ({ data }) => {
    const frame = parseFrame(String(data));
    if (frame === null) return;
    clearTimeout(silence);
    silence = setTimeout(giveUp, SILENCE_MS);
    sink.state("live");
    sink.frame(frame);
  });
  stream.onerror = () => {
    // The browser tries again by itself, unless the answer was no stream at all.
    if (stream.readyState === EventSource.CLOSED) giveUp();
    else sink.state("reconnecting");
  };

  function close(): void {
    clearTimeout(silence);
    stream.close();
  }

  function giveUp(): void {
    close();
    signal.removeEventListener("abort", close);
    sink.state("reconnecting");
    void poll(sink, signal);
  }
}

async function poll(sink: LiveSink, signal: AbortSignal): Promise<void> {
  const until = Date.now() + STREAM_AGAIN_MS;
  while (!signal.aborted && Date.now() < until) {
    try {
      const { live } = await request<{ live?: LiveFigures | null }>("/flock/v1/network", { signal });
      sink.state("polling");
      if (live) sink.frame(frameOfFigures(live));
    } catch {
      // Said by the dot; the next round tries again.
      if (!signal.aborted) sink.state("reconnecting");
    }
    await pause(POLL_MS, signal);
  }
  openLiveSource(sink, signal);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
