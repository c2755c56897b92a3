import { API_KEYS, hashSecret, SESSION_TOKENS } from "./bearer-secret.js";

describe.each([
  ["an API key", API_KEYS, SESSION_TOKENS],
  ["a session token", SESSION_TOKENS, API_KEYS],
])("%s", (_name, secrets, others) => {
  it("has a form of its own, fits a URL path, and is never the same", () => {
    const made = Array.from({ length: 200 }, () => secrets.create());
    expect(made.every((secret) => secrets.matches(secret) && !others.matches(secret))).toBe(true);
    expect(made.every((secret) => encodeURIComponent(secret) === secret)).toBe(true);
    expect(new Set(made).size).toBe(made.length);
  });
});

describe("what is no API key", () => {
  const key = API_KEYS.create();
  it.each(["", "flk_", "sk-123", "flk_0OIl", `flk_${"1".repeat(45)}`, ` ${key}`, `${key}\n`])(
    "%j",
    (text) => {
      expect(API_KEYS.matches(text)).toBe(false);
    },
  );
});

it("a secret is known by the SHA-256 of the whole of it", () => {
  expect(hashSecret("flk_abc").toString("hex")).toBe(
    "998759895da302a006aad8ea80b0471397d7dcda9d019f8378df217188fb3d40",
  );
});
