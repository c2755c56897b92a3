import { checkShape } from "./answer-shapes.js";
import { ApiError } from "./api-error.js";

const SERVICE = { name: "api", state: "ok", since: null };
const INCIDENT = { id: "1", service: "api", began_at: "2026-11-29T10:00:00Z", done: null };
const DAY = { day: "2026-11-29", services: [{ name: "api", ok: 1, samples: 1 }] };

function faultOf(path: string, answer: unknown): string | undefined {
  try {
    checkShape(path, answer);
    return undefined;
  } catch (error) {
    return error instanceof ApiError ? error.message.replace(/^.*knows it: /, "") : "not an ApiError";
  }
}

describe("an answer of the api that a page reads by its path", () => {
  it("may have more members than the page knows, and empty lists", () => {
    const whole = { as_of: null, services: [SERVICE], incidents: [INCIDENT], days: [DAY], new_one: 1 };
    expect(faultOf("/flock/v1/status", whole)).toBeUndefined();
    expect(faultOf("/flock/v1/status?a=b", { services: [], incidents: [], days: [] })).toBeUndefined();
  });

  it.each([
    ["/flock/v1/status", null, "the answer is no object"],
    ["/flock/v1/status", [], "the answer is no object"],
    ["/flock/v1/status", { services: {} }, "services is no list"],
    ["/flock/v1/status", { services: [null] }, "services[0] is no object"],
    ["/flock/v1/status", { services: [SERVICE, { name: 7, state: "ok" }] }, "name is no string"],
    ["/flock/v1/status", { services: [], incidents: [], days: [{ day: "d" }] }, "services is no list"],
    ["/flock/v1/models", { models: [{ name: "m" }] }, "capabilities is no list"],
    ["/flock/v1/account", {}, "wallet is no object"],
    ["/flock/v1/anything", "<html>", "the answer is no object"],
  ])("of %s that is %j fails and says why", (path, answer, fault) => {
    expect(faultOf(path, answer)).toBe(fault);
  });
});
