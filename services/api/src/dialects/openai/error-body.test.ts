import { FLOCK_ERROR_CODES, FlockError } from "@flock/errors";
import { httpErrorOf } from "../../http/error-table.js";
import { publicErrorOf } from "../../public-error.js";
import { errorBody, streamErrorBody } from "./error-body.js";

describe("errorBody", () => {
  it.each([
    ["invalid_argument", 400, "invalid_request_error", null],
    ["failed_precondition", 400, "invalid_request_error", null],
    ["unauthenticated", 401, "invalid_request_error", "invalid_api_key"],
    ["insufficient_funds", 402, "insufficient_quota", "insufficient_quota"],
    ["permission_denied", 403, "permission_error", null],
    ["not_found", 404, "not_found_error", "model_not_found"],
    ["already_exists", 409, "invalid_request_error", null],
    ["payload_too_large", 413, "invalid_request_error", "request_too_large"],
    ["resource_exhausted", 429, "rate_limit_error", "rate_limit_exceeded"],
    ["unimplemented", 501, "api_error", null],
    ["aborted", 502, "api_error", null],
    ["unavailable", 503, "api_error", "overloaded"],
    ["deadline_exceeded", 504, "api_error", null],
  ] as const)("tells %s (%i) as %s, %s", (flockCode, status, type, code) => {
    const error = httpErrorOf(new FlockError(flockCode, "what is wrong"));
    expect(error.status).toBe(status);
    expect(errorBody(error)).toEqual({ error: { message: "what is wrong", type, param: null, code } });
  });

  it.each([
    [404, "not_found_error"],
    [405, "invalid_request_error"],
    [408, "invalid_request_error"],
    [415, "invalid_request_error"],
    [431, "invalid_request_error"],
  ])("tells %i, of which HTTP alone knows, as %s without a code", (status, type) => {
    expect(errorBody({ status, message: "m" })).toEqual({
      error: { message: "m", type, param: null, code: null },
    });
  });

  it("says nothing of what is inside", () => {
    const { error } = errorBody(httpErrorOf(new Error("secret detail")));
    expect(error).toEqual({ message: "internal error", type: "api_error", param: null, code: null });
  });

  it("is in the middle of a stream what it would have been before", () => {
    for (const code of FLOCK_ERROR_CODES) {
      const error = new FlockError(code, "m");
      expect(streamErrorBody(publicErrorOf(error))).toEqual(errorBody(httpErrorOf(error)));
    }
  });
});
