import { ModelDescription } from "@flock/proto/workers";
import { readModelDescription } from "./model-facts.js";

function description(changes: Partial<ModelDescription> = {}): ModelDescription {
  return ModelDescription.fromPartial({
    workerId: "w",
    name: "llama3",
    digest: "a".repeat(64),
    sizeBytes: 5,
    capabilities: ["completion"],
    showJson: Buffer.from('{"details":{}}'),
    ...changes,
  });
}

describe("readModelDescription", () => {
  it("takes a description, with the name made canonical", () => {
    expect(readModelDescription(description())).toMatchObject({
      name: "llama3:latest",
      capabilities: ["completion"],
    });
  });

  it.each([
    ["a bad name", { name: "a b" }],
    ["a bad digest", { digest: "A".repeat(64) }],
    ["a negative size", { sizeBytes: -1 }],
    ["a capability that is no word", { capabilities: ["completion\n"] }],
    ["too many capabilities", { capabilities: new Array(33).fill("x") }],
    ["show_json that is not JSON", { showJson: Buffer.from("{") }],
    ["show_json that is no object", { showJson: Buffer.from("[]") }],
    ["show_json that is too large", { showJson: Buffer.from(`{"a":"${"x".repeat(64 * 1024)}"}`) }],
  ])("refuses %s", (_, changes) => {
    expect(readModelDescription(description(changes))).toBeUndefined();
  });
});
