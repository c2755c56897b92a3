import { existsSync } from "node:fs";
import { readConfig } from "./config.js";

describe("readConfig", () => {
  it("takes a log level in any case, and names one that is none", () => {
    expect(readConfig({ LOG_LEVEL: "INFO" }).LOG_LEVEL).toBe("info");
    expect(() => readConfig({ LOG_LEVEL: "loud" })).toThrow(
      'LOG_LEVEL: Invalid option: expected one of "trace"',
    );
  });

  it("serves the bundled model by default", () => {
    const config = readConfig({ ENGINE_PORT: "" });
    expect(config).toMatchObject({
      ENGINE_PORT: 11434,
      ENGINE_MODEL_NAME: "flock-tiny:latest",
      ENGINE_SEQUENCES: 8,
    });
    expect(existsSync(config.ENGINE_MODEL_FILE)).toBe(true);
  });

  it("reports every fault at once, by name", () => {
    const environment = {
      ENGINE_PORT: "http",
      ENGINE_SEQUENCES: "0",
      ENGINE_SEQENCES: "4",
      LOG_LEVEL: "loud",
      OTHER: "x",
    };
    expect(() => readConfig(environment)).toThrow(
      /ENGINE_PORT: .*ENGINE_SEQUENCES: .*LOG_LEVEL: .*ENGINE_SEQENCES: no such variable$/,
    );
  });
});
