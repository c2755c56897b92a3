import { jest } from "@jest/globals";
import { type LiveClient, LiveFeed } from "./live-feed.js";
import { FRAMES_KEPT, type FrameListener, type LiveFrame } from "./live-frames.js";

/** Frames that the test makes. */
class TestFrames {
  readonly #kept: LiveFrame[] = [];
  readonly listeners = new Set<FrameListener>();

  kept(): readonly LiveFrame[] {
    return this.#kept;
  }

  listen(listener: FrameListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  next(seq: number): void {
    const nothing = { totals: undefined, models: [], other: undefined, hardware: [] };
    const frame = { ...nothing, seq, atUnixMs: seq * 1_000 };
    this.#kept.push(frame);
    if (this.#kept.length > FRAMES_KEPT) this.#kept.shift();
    for (const listener of this.listeners) listener(frame);
  }
}

class TestClient implements LiveClient {
  unsentBytes = 0;
  sent = "";
  state: "open" | "ended" | "cut off" = "open";

  send(bytes: Buffer): void {
    this.sent += bytes.toString();
  }

  end(): void {
    this.state = "ended";
  }

  cutOff(): void {
    this.state = "cut off";
  }
}

describe("the feed of frames", () => {
  const frames = new TestFrames();
  let encoded = 0;
  const counted = { listeners: 0, dropped: 0 };
  const feed = new LiveFeed({
    frames,
    form: {
      encode: ({ seq }) => {
        encoded += 1;
        return `<${seq}>`;
      },
      signOfLife: "~",
    },
    connectionsMax: 10,
    connectionsPerClientMax: 10,
    metrics: {
      liveListeners: (more) => {
        counted.listeners += more;
      },
      liveRefused: () => {},
      liveDropped: () => {
        counted.dropped += 1;
      },
    },
  });

  afterEach(() => jest.useRealTimers());

  it("encodes each frame once for all, and none while nobody follows", () => {
    jest.useFakeTimers();
    frames.next(1);
    expect(encoded).toBe(0);
    const clients = Array.from({ length: 5 }, () => new TestClient());
    const leave = clients.map((client) => feed.follow(client, "192.0.2.1"));
    frames.next(2);
    expect(encoded).toBe(2);
    for (const { sent } of clients) expect(sent).toBe("<1><2>");
    jest.advanceTimersByTime(15_000);
    expect(clients[0]?.sent).toBe("<1><2>~");
    for (const each of leave) each();
    expect([counted.listeners, frames.listeners.size]).toEqual([0, 0]);
    frames.next(3);
    expect(encoded).toBe(2);
  });

  it("cuts off who does not read, and nobody else", () => {
    const [slow, quick] = [new TestClient(), new TestClient()];
    const leave = [slow, quick].map((client) => feed.follow(client, "192.0.2.1", 3));
    slow.unsentBytes = 1024 * 1024 + 1;
    frames.next(4);
    frames.next(5);
    expect([slow.state, slow.sent, quick.state, quick.sent]).toEqual(["cut off", "", "open", "<4><5>"]);
    expect(counted).toEqual({ listeners: 1, dropped: 1 });
    for (const each of leave) each();
    expect(counted.listeners).toBe(0);
  });

  it("keeps the last frames for who comes later, and no more", () => {
    const first = new TestClient();
    feed.follow(first, "192.0.2.1");
    for (let seq = 6; seq <= 100; seq++) frames.next(seq);
    const late = new TestClient();
    feed.follow(late, "192.0.2.1");
    expect(late.sent.match(/<\d+>/g)).toHaveLength(FRAMES_KEPT);
    expect(late.sent).toMatch(/^<41>.*<100>$/);
    feed.end();
    const after = new TestClient();
    feed.follow(after, "192.0.2.1");
    expect([first.state, late.state, after.state, counted.listeners]).toEqual(["ended", "ended", "ended", 0]);
  });
});
