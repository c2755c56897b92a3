import { Checking } from "@flock/proto/events";
import { NO_PREFERENCES } from "../inference/preferences.js";
import { preferencesIn } from "./preference-headers.js";

const ALIAS = "w-otdebwfknzrk";

describe("preferences in headers", () => {
  it("are none where there are none, or empty ones", () => {
    expect(preferencesIn({ host: "h" })).toBe(NO_PREFERENCES);
    expect(preferencesIn({ "x-flock-max-price": " ", "x-flock-fallback-models": "" })).toBe(NO_PREFERENCES);
  });

  it("are read, each by its name, in any case and with blanks", () => {
    const read = preferencesIn({
      "x-flock-max-price": " 12 ",
      "x-flock-min-privacy": "Sealed-To-Worker",
      "x-flock-checked-only": "TRUE",
      "x-flock-checking": "Never",
      "x-flock-exclude-workers": `${ALIAS},w-aaaaaaaaaaaa , ${ALIAS}`,
      "x-flock-prefer-worker": "W-OTDEBWFKNZRK",
      "x-flock-max-queue-ms": "0",
      "x-flock-fallback-models": "llama3, Qwen3:8b,,",
    });
    expect(read).toEqual({
      priceMaxMicro: 12n,
      privacyMin: "sealed-to-worker",
      isCheckedOnly: true,
      checking: Checking.NEVER,
      excludedWorkers: new Set([ALIAS, "w-aaaaaaaaaaaa"]),
      preferredWorker: ALIAS,
      queueMaxMs: 0,
      fallbackModels: ["llama3", "Qwen3:8b"],
    });
  });

  it.each([
    ["x-flock-max-price", "-1", "a whole number"],
    ["x-flock-max-price", "0.5", "a whole number"],
    ["x-flock-max-price", "1000000000001", "0 to 1000000000000"],
    ["x-flock-min-privacy", "secret", "one of plaintext, sealed-to-worker"],
    ["x-flock-checked-only", "yes", "true or false"],
    ["x-flock-checking", "sometimes", "one of never, sampled, always"],
    ["x-flock-exclude-workers", "worker-1", "aliases of workers"],
    ["x-flock-exclude-workers", new Array(33).fill(ALIAS).join(","), "32 workers at most"],
    ["x-flock-prefer-worker", `${ALIAS}, ${ALIAS}`, "aliases of workers"],
    ["x-flock-max-queue-ms", "soon", "a whole number"],
    ["x-flock-max-queue-ms", "3600001", "0 to 3600000 milliseconds"],
    ["x-flock-fallback-models", "a, b, c, d, e", "4 models at most"],
    ["x-flock-fallback-models", "a b", "no valid name"],
    ["x-flock-fallback-models", "a".repeat(2_001), "too long"],
  ])("are refused by name: %s: %s", (header, value, what) => {
    const refusal = expect.objectContaining({
      code: "invalid_argument",
      message: expect.stringMatching(new RegExp(`^"${header}" .*${what}`)),
      details: { field: header },
    });
    expect(() => preferencesIn({ [header]: value })).toThrow(refusal);
  });
});
