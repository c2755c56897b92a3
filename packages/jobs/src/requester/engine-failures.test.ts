import { EngineFailures } from "./engine-failures.js";

describe("whose fault failures of engines are", () => {
  it("is the request's, if a second engine answers with the same words", () => {
    const failures = new EngineFailures();
    expect(failures.note("a", { isFruitless: true, reason: "unclosed action" })).toBe(false);
    expect(failures.note("b", { isFruitless: true, reason: "unclosed action" })).toBe(true);
  });

  it("is the request's, if the only engine says the same twice", () => {
    const failures = new EngineFailures();
    failures.note("a", { isFruitless: true, reason: "unclosed action" });
    expect(failures.note("a", { isFruitless: true, reason: "unclosed action" })).toBe(true);
  });

  it.each([
    ["the words differ", { isFruitless: true, reason: "other words" }],
    ["the second did not answer", { isFruitless: true }],
    ["the second had begun to answer", { isFruitless: false, reason: "unclosed action" }],
  ])("is left open, if %s", (_what, second) => {
    const failures = new EngineFailures();
    failures.note("a", { isFruitless: true, reason: "unclosed action" });
    expect(failures.note("b", second)).toBe(false);
  });

  it("is that of all who failed but the one who succeeded", () => {
    const failures = new EngineFailures();
    for (const workerId of ["a", "b", "a", "c"]) failures.note(workerId, { isFruitless: false });
    expect(failures.workersOtherThan("b")).toEqual(["a", "c"]);
    expect(failures.fruitless).toBe(0);
  });
});
