import fc from "fast-check";
import { scanJson } from "./json-scan.js";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** Containers, plus what commas separate: how the scan counts. */
function valuesOf(value: unknown): number {
  const containers = (inner: unknown): number =>
    typeof inner !== "object" || inner === null
      ? 0
      : 1 + Object.values(inner).reduce<number>((sum, member) => sum + containers(member), 0);
  const commas = (inner: unknown): number =>
    typeof inner !== "object" || inner === null
      ? 0
      : Math.max(0, Object.values(inner).length - 1) +
        Object.values(inner).reduce<number>((sum, member) => sum + commas(member), 0);
  return 1 + containers(value) + commas(value);
}

describe("scanJson", () => {
  it("finds exactly the depth and the number of values of any JSON, escapes and unicode included", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8, stringUnit: "binary" }), (value) => {
        const bytes = Buffer.from(JSON.stringify(value));
        const depth = depthOf(value);
        const values = valuesOf(value);
        expect(scanJson(bytes, depth, values)).toBe(bytes.length);
        if (depth > 0) expect(scanJson(bytes, depth - 1, values)).toBe("too deep");
        expect(scanJson(bytes, depth, values - 1)).toBe("too many values");
      }),
    );
  });

  it.each([
    String.raw`"[[[[\"[[[["`,
    String.raw`{"a\\":"[[[["}`,
    String.raw`"\\\\\"[[[[["`,
    '"never ends [[[[',
    String.raw`"\\`,
  ])("does not count brackets inside strings: %s", (text) => {
    expect(scanJson(Buffer.from(text), 1, 10)).toBe(Buffer.byteLength(text));
  });

  it.each([
    ['{"a":[1,{}]}', 12],
    [' {"a":"}"}{"b":1}', 10],
    ["[]]", 2],
    ["{} nonsense", 2],
    ["{}\n{}", 2],
    ['{"a":1', 6],
    ["5 6", 3],
    ["}{}", 3],
  ])("ends with the first object or list, if there is one: %s", (text, length) => {
    expect(scanJson(Buffer.from(text))).toBe(length);
  });

  it("does not look at what follows the first value", () => {
    const deep = "[".repeat(1_000);
    expect(scanJson(Buffer.from(`{}${deep}`))).toBe(2);
  });

  it("stops at the first level too deep, however long the rest is", () => {
    expect(scanJson(Buffer.alloc(20 * 1024 * 1024, "["))).toBe("too deep");
    expect(scanJson(Buffer.from(`${"[".repeat(128)}${"]".repeat(128)}`))).toBe(256);
    expect(scanJson(Buffer.from(`${"[".repeat(129)}${"]".repeat(129)}`))).toBe("too deep");
  });

  it("skips 20 MiB of string in a moment", () => {
    const bytes = Buffer.from(`"${"A".repeat(20 * 1024 * 1024)}"`);
    const startedMs = performance.now();
    expect(scanJson(bytes)).toBe(bytes.length);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });
});
