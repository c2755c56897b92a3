import { startRefusal } from "./start-refusal.js";

const line = (level: string, code: string, message: string): string =>
  JSON.stringify({ level, err: { type: "FlockError", code, message, stack: "at nowhere" } });

describe("why a service refused to start", () => {
  it("is the sentence of its last words, without its stack", () => {
    const log = ["    not JSON", line("fatal", "failed_precondition", "made by a newer version"), '"x"'];
    expect(startRefusal(log.join("\n"))).toMatchObject({
      code: "failed_precondition",
      message: "made by a newer version",
    });
  });

  it("is not told by failures that another start may cure, nor by warnings", () => {
    expect(startRefusal("")).toBeUndefined();
    expect(startRefusal(line("fatal", "unavailable", "away"))).toBeUndefined();
    expect(startRefusal(line("warn", "failed_precondition", "no"))).toBeUndefined();
  });
});
