import type { Push } from "./push-desk.js";
import { PushDesk } from "./push-desk.js";

// CAST: the desk hands it on and never looks into it.
const PUSH = {} as Push;
const NEVER = new AbortController().signal;

describe("PushDesk", () => {
  it("brings a push to its job, once, from the process that was given it", async () => {
    const desk = new PushDesk({ firstOutputMs: 60_000, silenceMs: 10_000 });
    const { id, arrived } = desk.expect("mine", NEVER);
    expect(desk.take(id, "another", PUSH)).toBe(false);
    expect(desk.take(`${id}0`, "mine", PUSH)).toBe(false);
    expect(desk.take(id, "mine", PUSH)).toBe(true);
    expect(await arrived).toBe(PUSH);
    expect(desk.take(id, "mine", PUSH)).toBe(false);
  });

  it("gives up a push that does not begin", async () => {
    const desk = new PushDesk({ firstOutputMs: 20, silenceMs: 10 });
    const { id, arrived } = desk.expect("mine", NEVER);
    await expect(arrived).rejects.toMatchObject({ code: "unavailable" });
    expect(desk.take(id, "mine", PUSH)).toBe(false);
  });

  it("waits less for a process that has asked for more work, and no less for another", async () => {
    const desk = new PushDesk({ firstOutputMs: 60_000, silenceMs: 20 });
    const mine = desk.expect("mine", NEVER);
    const other = desk.expect("other", NEVER);
    desk.askedForMore("mine");
    await expect(mine.arrived).rejects.toMatchObject({ code: "unavailable" });
    expect(desk.take(other.id, "other", PUSH)).toBe(true);
    expect(await other.arrived).toBe(PUSH);
  });

  it("forgets a push that nobody wants any more", async () => {
    const desk = new PushDesk({ firstOutputMs: 60_000, silenceMs: 10 });
    const unwanted = new AbortController();
    const { id, arrived } = desk.expect("mine", unwanted.signal);
    unwanted.abort(new Error("the client has gone"));
    await expect(arrived).rejects.toThrow("the client has gone");
    expect(desk.take(id, "mine", PUSH)).toBe(false);
  });
});
