import { FlockError } from "@flock/errors";
import { httpErrorOf } from "../../http/error-table.js";
import { errorBody } from "./error-body.js";

describe("an error of the money API", () => {
  it("tells amounts as strings of µLLAMA, and when to try again", () => {
    const details = { neededMicro: 10n ** 17n, availableMicro: 0n, missingMicro: 10n ** 17n, heldMicro: 7n };
    expect(errorBody(httpErrorOf(new FlockError("insufficient_funds", "too little", { details })))).toEqual({
      error: {
        code: "insufficient_funds",
        message: "too little",
        needed_micro: "100000000000000000",
        available_micro: "0",
        missing_micro: "100000000000000000",
        held_micro: "7",
      },
    });
    const busy = new FlockError("unavailable", "away", { retry: { afterMs: 1.5 } });
    expect(errorBody(httpErrorOf(busy))).toEqual({
      error: { code: "unavailable", message: "away", retry_after_ms: 2 },
    });
  });

  it("keeps to itself what is for our logs, and everything of a fault of ours", () => {
    const details = { sqlState: "23505", field: "id" };
    expect(errorBody(httpErrorOf(new FlockError("invalid_argument", "no", { details })))).toEqual({
      error: { code: "invalid_argument", message: "no", field: "id" },
    });
    expect(errorBody(httpErrorOf(new Error("password=hunter2")))).toEqual({
      error: { code: "internal", message: "internal error" },
    });
  });

  it("has a code for what only HTTP knows", () => {
    for (const [status, code] of [
      [404, "not_found"],
      [405, "unimplemented"],
      [415, "invalid_argument"],
    ] as const)
      expect(errorBody({ status, message: "x" })).toEqual({ error: { code, message: "x" } });
  });
});
