import { useSyncExternalStore } from "react";
import { type LiveFrame, withFrame } from "./live-frame.js";
import { type LiveState, openLiveSource } from "./live-source.js";

/** What this tab knows of the network's last minute. */
export interface LiveFeed {
  readonly state: LiveState;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** At most 60, oldest first. */
  readonly frames: readonly LiveFrame[];
}

type Said =
  | { readonly kind: "frame"; readonly frame: LiveFrame }
  | { readonly kind: "feed"; readonly feed: LiveFeed }
  | { readonly kind: "asked" };

const NAME = "flock.live";

let feed: LiveFeed = { state: "connecting", since: Date.now(), frames: [] };
const listeners = new Set<() => void>();
let isStarted = false;
let isLeader = false;

/** The feed, shared by all tabs of this browser; the first use opens it. */
export function useLiveFeed(): LiveFeed {
  return useSyncExternalStore(subscribe, () => feed);
}

/**
 * A browser opens six connections to one host, and a stream holds one of them: a seventh tab would never load. So the
 * tab that holds a lock listens, and tells the others. A hidden tab lets the lock go, and one that is seen takes it.
 */
function start(): void {
  const channel = new BroadcastChannel(NAME);
  channel.onmessage = ({ data }: MessageEvent<Said>) => {
    if (data.kind === "asked") {
      if (isLeader) channel.postMessage({ kind: "feed", feed } satisfies Said);
    } else if (data.kind === "frame") update({ frames: withFrame(feed.frames, data.frame) });
    else update({ ...data.feed, frames: data.feed.frames.reduce(withFrame, feed.frames) });
  };
  let turn = new AbortController();
  const lead = () => {
    turn = new AbortController();
    const { signal } = turn;
    whenAlone(signal, () => listen(channel, signal));
    channel.postMessage({ kind: "asked" } satisfies Said);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") turn.abort();
    else lead();
  });
  if (document.visibilityState === "visible") lead();
}

/** Listens until `signal` is aborted, as the only tab. Without locks (plain http on a LAN) every seen tab listens. */
function whenAlone(signal: AbortSignal, work: () => Promise<void>): void {
  if (!("locks" in navigator)) {
    void work();
    return;
  }
  navigator.locks.request(NAME, { signal }, work).catch((error: unknown) => {
    // Hidden again before it was this tab's turn.
    if (!signal.aborted) throw error;
  });
}

function listen(channel: BroadcastChannel, signal: AbortSignal): Promise<void> {
  isLeader = true;
  openLiveSource(
    {
      frame(frame) {
        update({ frames: withFrame(feed.frames, frame) });
        channel.postMessage({ kind: "frame", frame } satisfies Said);
      },
      state(state) {
        if (state === feed.state) return;
        update({ state, since: Date.now() });
        channel.postMessage({ kind: "feed", feed } satisfies Said);
      },
    },
    signal,
  );
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      isLeader = false;
      resolve();
    });
  });
}

function update(changes: Partial<LiveFeed>): void {
  feed = { ...feed, ...changes };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (!isStarted) {
    isStarted = true;
    start();
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}
