import { waitAtMost } from "./delay.js";

const never = new Promise<void>(() => {});

describe("waitAtMost", () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

  it("ends with the work, and leaves no timer behind", async () => {
    const before = timers();
    await waitAtMost(Promise.resolve(), 60_000);
    expect(timers()).toBe(before);
  });

  it("fails as the work fails", async () => {
    await expect(waitAtMost(Promise.reject(new Error("broken")), 60_000)).rejects.toThrow("broken");
  });

  it("ends without the work when the time is up, or when it is told to stop", async () => {
    await waitAtMost(never, 1);
    const stop = new AbortController();
    const waiting = waitAtMost(never, 60_000, stop.signal);
    stop.abort();
    await waiting;
  });
});
