import { Fields } from "../../json-fields.js";
import { isKeepAliveZero } from "./keep-alive.js";

const isZero = (value: unknown) => isKeepAliveZero(new Fields({ keep_alive: value }));

describe("keep_alive", () => {
  it.each([undefined, null, 5, -1, 0.5, "5m", "300ms", "1.5h", "2h45m", "-1s", "1µs", "+.5s", "1h0m0.001s"])(
    "%j is taken, and is not zero",
    (value) => {
      expect(isZero(value)).toBe(false);
    },
  );

  it.each([0, -0, "0", "0s", "-0h0m", "0.0s"])("%j is zero", (value) => {
    expect(isZero(value)).toBe(true);
  });

  it.each(["", "5", "5 m", "m", "1d", "soon", ".s", "1h2", "1e3s", "∞", "9".repeat(200)])(
    "%j is no duration",
    (value) => {
      expect(() => isZero(value)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    },
  );

  it.each([[true], [[]], [{}]])("%j is of the wrong type", (value) => {
    expect(() => isZero(value)).toThrow('field "keep_alive"');
  });
});
