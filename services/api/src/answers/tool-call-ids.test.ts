import type { ToolCall } from "../inference/inference-request.js";
import { ToolCallIds } from "./tool-call-ids.js";

/** As a worker might send it: nothing but name and arguments has been checked. */
const call = (id: unknown) => ({ id, function: { name: "f", arguments: {} } }) as ToolCall;
const OWN = /^call_[0-9a-f]{24}$/;

describe("ToolCallIds", () => {
  it("are the engine's own", () => {
    const ids = new ToolCallIds();
    expect(["call_a1", "toolu_B-2"].map((id) => ids.of(call(id)))).toEqual(["call_a1", "toolu_B-2"]);
  });

  it.each([undefined, null, 5, "", "with blank", "é", 'quo"te', "x".repeat(65)])(
    "are ours where the engine's is %j",
    (id) => {
      expect(new ToolCallIds().of(call(id))).toMatch(OWN);
    },
  );

  it("are never the same twice in an answer", () => {
    const ids = new ToolCallIds();
    const given = ["a", "a", undefined, undefined].map((id) => ids.of(call(id)));
    expect(new Set(given).size).toBe(4);
  });
});
