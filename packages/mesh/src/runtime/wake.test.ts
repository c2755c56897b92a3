import { jest } from "@jest/globals";
import { Wake } from "./wake.js";

/** What a wait has come to, after everything that can happen at once has happened. */
async function isOver(wait: Promise<void>): Promise<boolean> {
  let over = false;
  void wait.then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

describe("Wake", () => {
  const never = new AbortController().signal;

  it("ends the wait under way when it is called, and no later one", async () => {
    const wake = new Wake();
    const first = wake.wait(never);
    expect(await isOver(first)).toBe(false);
    wake.call();
    expect(await isOver(first)).toBe(true);
    const stop = new AbortController();
    const second = wake.wait(stop.signal);
    expect(await isOver(second)).toBe(false);
    stop.abort();
    await second;
  });

  it("keeps a call that comes while nobody waits, once, unless it is cleared", async () => {
    const wake = new Wake();
    wake.call();
    wake.call();
    await wake.wait(never);
    expect(await isOver(wake.wait(never))).toBe(false);
    wake.call();
    wake.call();
    wake.clear();
    expect(await isOver(wake.wait(never))).toBe(false);
  });

  it("waits for no longer than it was told to", async () => {
    await new Wake().wait(never, 1);
  });

  it("does not wait once it is stopped, and leaves no listener behind", async () => {
    const wake = new Wake();
    const stop = new AbortController();
    const removed = jest.spyOn(stop.signal, "removeEventListener");
    const waiting = wake.wait(stop.signal);
    wake.call();
    await waiting;
    expect(removed).toHaveBeenCalledTimes(1);
    stop.abort();
    await wake.wait(stop.signal);
  });
});
