import { FLOCK_ERROR_CODES, FlockError } from "@flock/errors";
import { httpErrorOf } from "../../http/error-table.js";
import { errorBody } from "./error-body.js";

const typeOf = (body: object) => (body as { error: { type: string } }).error.type;

describe("errorBody", () => {
  it("has Anthropic's type for every status that an error of ours has", () => {
    const byStatus = new Map(
      FLOCK_ERROR_CODES.map((code) => {
        const error = httpErrorOf(new FlockError(code, "x"));
        return [error.status, typeOf(errorBody(error, "id"))];
      }),
    );
    expect([...byStatus].sort(([one], [other]) => one - other)).toEqual([
      [400, "invalid_request_error"],
      [401, "authentication_error"],
      [402, "billing_error"],
      [403, "permission_error"],
      [404, "not_found_error"],
      [409, "invalid_request_error"],
      [413, "request_too_large"],
      [429, "rate_limit_error"],
      [499, "api_error"],
      [500, "api_error"],
      [501, "api_error"],
      [502, "api_error"],
      [503, "overloaded_error"],
      [504, "api_error"],
    ]);
  });

  it.each([
    [404, "not_found_error"],
    [405, "invalid_request_error"],
    [415, "invalid_request_error"],
  ])("has a type for HTTP's own %d, and the request's id", (status, type) => {
    expect(errorBody({ status, message: "no" }, "id")).toEqual({
      type: "error",
      error: { type, message: "no" },
      request_id: "id",
    });
  });
});
