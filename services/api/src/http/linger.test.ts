import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { jest } from "@jest/globals";
import { cutLater } from "./linger.js";

const LIFE_MS = 100_000;

/** What is looked at of a socket. */
class FakeSocket extends EventEmitter {
  bytesRead = 0;
  isDestroyed = false;

  destroy(): void {
    this.isDestroyed = true;
    this.emit("close");
  }

  /** For `cutLater`, which needs no more of a socket than this. */
  get asSocket(): Socket {
    // CAST: the rest of a socket is not used.
    return this as unknown as Socket;
  }
}

describe("a connection on which bytes come that nobody wants", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const receive = (socket: FakeSocket, seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      socket.bytesRead += 1;
      jest.advanceTimersByTime(1_000);
    }
  };

  it("is cut when it has been silent for ten seconds", () => {
    const socket = new FakeSocket();
    cutLater(socket.asSocket, () => LIFE_MS);
    receive(socket, 30);
    jest.advanceTimersByTime(9_000);
    expect(socket.isDestroyed).toBe(false);
    jest.advanceTimersByTime(2_000);
    expect(socket.isDestroyed).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("is cut at the end of its life, though bytes go on trickling in", () => {
    const socket = new FakeSocket();
    cutLater(socket.asSocket, () => LIFE_MS);
    receive(socket, 99);
    expect(socket.isDestroyed).toBe(false);
    receive(socket, 2);
    expect(socket.isDestroyed).toBe(true);
  });

  it("is cut earlier if its life is shortened meanwhile", () => {
    const socket = new FakeSocket();
    let lifeMs = LIFE_MS;
    cutLater(socket.asSocket, () => lifeMs);
    receive(socket, 20);
    lifeMs = 10_000;
    receive(socket, 1);
    expect(socket.isDestroyed).toBe(true);
  });

  it("is left alone when that is called off", () => {
    const socket = new FakeSocket();
    cutLater(socket.asSocket, () => LIFE_MS)();
    jest.advanceTimersByTime(2 * LIFE_MS);
    expect(socket.isDestroyed).toBe(false);
    expect(socket.listenerCount("close")).toBe(0);
  });
});
