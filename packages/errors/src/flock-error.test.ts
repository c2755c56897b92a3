import { FLOCK_ERROR_CODES, FlockError, isFlockErrorCode } from "./flock-error.js";

describe("FlockError", () => {
  it("keeps a FlockError as it is and hides the text of anything else", () => {
    const original = new FlockError("not_found", "model 'x' not found");
    expect(FlockError.from(original)).toBe(original);
    const hidden = FlockError.from(new Error("password=hunter2"));
    expect(hidden).toMatchObject({ code: "internal", message: "internal error" });
    expect(hidden.cause).toBeInstanceOf(Error);
  });

  it("turns an abort into cancelled", () => {
    expect(FlockError.from(AbortSignal.abort().reason).code).toBe("cancelled");
  });

  it("says by default that only transient codes may be retried", () => {
    const retried = FLOCK_ERROR_CODES.filter((code) => new FlockError(code, "x").retry !== "never");
    expect(retried).toEqual(["resource_exhausted", "unavailable", "deadline_exceeded", "aborted"]);
  });

  it("recognises exactly the listed codes", () => {
    expect(FLOCK_ERROR_CODES.every(isFlockErrorCode)).toBe(true);
    expect(isFlockErrorCode("INTERNAL")).toBe(false);
  });
});
