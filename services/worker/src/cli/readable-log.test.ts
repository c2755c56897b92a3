import { readable } from "./readable-log.js";

const TIME = "2026-11-30T17:00:00.000Z";
const CLOCK = new Date(TIME).toTimeString().slice(0, 8);
const line = (entry: object) =>
  `${JSON.stringify({ level: "info", time: TIME, service: "worker", pid: 1, ...entry })}\n`;

describe("a line of the log, for a person,", () => {
  it("has the time, what happened and the facts", () => {
    expect(readable(line({ jobId: "j1", models: ["a", "b"], msg: "run began" }))).toBe(
      `${CLOCK} run began  jobId=j1  models=["a","b"]\n`,
    );
  });

  it("says how bad it is, an error's message and not its stack, and below what to do", () => {
    const err = { type: "Error", message: "it is gone", stack: "Error: it is gone\n at x" };
    expect(readable(line({ level: "warn", err, msg: "no Ollama", hint: "Start it." }))).toBe(
      `${CLOCK} WARN no Ollama  err=it is gone\n         Start it.\n`,
    );
  });

  it("cannot command the terminal, whoever has written a part of it", () => {
    const shown = readable(line({ reason: "\u001b[2Jgone\r\nFAKE line", msg: "refused\u009b1m" }));
    expect(shown).toBe(`${CLOCK} refused 1m  reason= [2Jgone FAKE line\n`);
  });

  it.each(["no JSON\n", "7\n", "null\n"])("is left as it is if it is none: %j", (text) => {
    expect(readable(text)).toBe(text);
  });
});
