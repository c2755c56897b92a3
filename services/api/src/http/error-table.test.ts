import { readFileSync } from "node:fs";
import { FLOCK_ERROR_CODES, FlockError } from "@flock/errors";
import { ERROR_TABLE, httpErrorOf, retryHeaders } from "./error-table.js";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

describe("the error table", () => {
  it("has every code, with its status, and README.md documents the same", () => {
    expect(Object.keys(ERROR_TABLE).sort()).toEqual([...FLOCK_ERROR_CODES].sort());
    const documented = Object.fromEntries(
      [...README.matchAll(/^\| `([a-z_]+)` +\| (\d{3}) +\|/gm)].map(([, code, status]) => [
        code,
        Number(status),
      ]),
    );
    expect(documented).toEqual(ERROR_TABLE);
  });

  it("tells clients of other people's errors only that they happened", () => {
    const error = httpErrorOf(new Error("connect ECONNREFUSED 10.0.0.7:5432"));
    expect(error).toEqual({ status: 500, code: "internal", message: "internal error" });
    expect(httpErrorOf(new FlockError("internal", "table x")).message).toBe("internal error");
  });
});

describe("retryHeaders", () => {
  it.each([
    [0, "1", "0"],
    [1, "1", "1"],
    [1_000, "1", "1000"],
    [1_000.4, "2", "1001"],
    [2_400, "3", "2400"],
  ])("%d ms are %s s, never less than one", (afterMs, seconds, milliseconds) => {
    const error = httpErrorOf(new FlockError("resource_exhausted", "x", { retry: { afterMs } }));
    expect(retryHeaders(error)).toEqual({ "retry-after": seconds, "retry-after-ms": milliseconds });
  });

  it("come with every 429 and 503, and with nothing else", () => {
    const withHeaders = FLOCK_ERROR_CODES.filter(
      (code) =>
        Object.keys(retryHeaders(httpErrorOf(new FlockError(code, "x", { retry: "never" })))).length > 0,
    );
    expect(withHeaders).toEqual(["resource_exhausted", "unavailable"]);
  });
});
