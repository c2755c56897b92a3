import { LOG_LEVELS, logLevelOf } from "./log-level.js";

describe("logLevelOf", () => {
  it.each(LOG_LEVELS)("knows %s in any case", (level) => {
    const spellings = [
      level,
      level.toUpperCase(),
      ` ${level} `,
      `${level.charAt(0).toUpperCase()}${level.slice(1)}`,
    ];
    expect(spellings.map(logLevelOf)).toEqual(spellings.map(() => level));
  });

  it.each([
    ["WARNING", "warn"],
    ["critical", "fatal"],
    ["off", "silent"],
    ["Verbose", "debug"],
  ])("knows %s by another name: %s", (text, level) => {
    expect(logLevelOf(text)).toBe(level);
  });

  it.each(["", "loud", "5", "info,debug", "constructor"])("knows nothing of %j", (text) => {
    expect(logLevelOf(text)).toBeUndefined();
  });
});
