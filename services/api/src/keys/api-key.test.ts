import { hashApiKey, isApiKey, newApiKey } from "./api-key.js";

describe("newApiKey", () => {
  it("has the form of a key, fits a URL path, and is never the same", () => {
    const keys = Array.from({ length: 200 }, newApiKey);
    expect(keys.every(isApiKey)).toBe(true);
    expect(keys.every((key) => encodeURIComponent(key) === key)).toBe(true);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("is known by the SHA-256 of the whole key", () => {
    expect(hashApiKey("flk_abc").toString("hex")).toBe(
      "998759895da302a006aad8ea80b0471397d7dcda9d019f8378df217188fb3d40",
    );
  });
});

describe("isApiKey", () => {
  it.each(["", "flk_", "sk-123", "flk_0OIl", `flk_${"1".repeat(45)}`, ` ${newApiKey()}`, `${newApiKey()}\n`])(
    "%j is no key",
    (text) => {
      expect(isApiKey(text)).toBe(false);
    },
  );
});
