import { generateIdentity } from "@flock/keys";
import { faultOfSessionRequest, readSessionRequest, sessionText } from "./session-text.js";

const REQUEST = {
  key: generateIdentity().id,
  session: `U${"A".repeat(55)}`,
  issuedMs: Date.UTC(2026, 10, 30, 12),
};
const TEXT = `FlockOllamas worker session
key: ${REQUEST.key}
session: ${REQUEST.session}
issued: 2026-11-30T12:00:00.000Z`;

describe("the text by which a worker's key asks for a session", () => {
  it("is this, to the byte, and reads back", () => {
    expect(sessionText(REQUEST)).toBe(TEXT);
    expect(readSessionRequest(TEXT)).toEqual(REQUEST);
  });

  it.each([
    ["FlockOllamas worker session", "FlockOllamas worker", "the first line is not"],
    [`key: ${REQUEST.key}`, "key: k", "is not a key"],
    ["session: U", "session: A", "is not the public key of a NATS user"],
    ["issued: 2026-11-30T12:00:00.000Z", "issued: today", "issued: "],
  ])("with %j changed to %j is refused", (from, to, fault) => {
    expect(readSessionRequest(TEXT.replace(from, to))).toEqual({ fault: expect.stringContaining(fault) });
  });

  it("counts for five minutes, before and after", () => {
    const { issuedMs } = REQUEST;
    for (const sign of [1, -1]) {
      expect(faultOfSessionRequest(REQUEST, issuedMs + sign * 300_000)).toBeUndefined();
      expect(faultOfSessionRequest(REQUEST, issuedMs + sign * 300_001)).toContain("clock");
    }
  });
});
