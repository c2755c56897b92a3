import { FLOCK_ERROR_CODES, FlockError } from "@flock/errors";
import { toErrorReply } from "./errors.js";

describe("toErrorReply", () => {
  it("gives every code a status", () => {
    for (const code of FLOCK_ERROR_CODES) {
      const { status } = toErrorReply(new FlockError(code, "x"));
      expect([code, status >= 400 && status < 600]).toEqual([code, true]);
    }
  });

  it("says when to come back", () => {
    expect(toErrorReply(new FlockError("unavailable", "server busy, please try again"))).toEqual({
      status: 503,
      body: { error: "server busy, please try again" },
      retryAfterSeconds: 1,
    });
  });

  it("keeps the details of an unknown fault to itself", () => {
    expect(toErrorReply(new Error("secret"))).toMatchObject({
      status: 500,
      body: { error: "internal error" },
    });
  });

  it("keeps the status of a fault that the HTTP layer blames on the client", () => {
    const tooLarge = Object.assign(new Error("Body is too large"), { statusCode: 413 });
    expect(toErrorReply(tooLarge)).toMatchObject({ status: 413, body: { error: "request body too large" } });
  });
});
