import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "@flock/provision";
import { createTestDirectory } from "@flock/provision/testing";
import { parseOptions } from "./options.js";

describe("parseOptions", () => {
  it("needs nothing: two workers of four slots, free ports, data in .flock", () => {
    expect(parseOptions([], {})).toEqual({
      dataDir: join(REPOSITORY_ROOT, ".flock"),
      ports: {},
      workers: 2,
      workerSlots: { engine: 4, ollama: 1 },
      sequences: 8,
      noChain: false,
      noBridge: false,
      noVerifier: false,
      noGuests: false,
      fresh: false,
      embeddedEngine: false,
      logLevel: "info",
      serviceVariables: {},
      shell: {
        databaseVariables: {},
        ollamaUrl: "http://127.0.0.1:11434",
        namesOllama: false,
        remarks: [],
      },
    });
  });

  it("takes ports by number, and leaves 0 to be chosen", () => {
    const { ports } = parseOptions(["--api-port", "8080", "--grpc-port", "8081", "--nats-port", "0"], {});
    expect(ports).toEqual({ api: 8080, grpc: 8081 });
  });

  it("gives the engine a sequence for every slot unless told otherwise", () => {
    expect(parseOptions(["--workers", "3", "--worker-slots", "5"], {}).sequences).toBe(15);
    expect(parseOptions(["--workers", "0"], {}).sequences).toBe(1);
    expect(parseOptions(["--sequences", "2"], {}).sequences).toBe(2);
  });

  it("takes governed parameters as JSON or from a file", async () => {
    const values = { epochSeconds: 10 };
    expect(parseOptions(["--parameters", JSON.stringify(values)], {}).parameters).toEqual(values);
    const directory = await createTestDirectory();
    const file = join(directory.path, "parameters.json");
    await writeFile(file, JSON.stringify(values));
    expect(parseOptions(["--parameters", file], {}).parameters).toEqual(values);
    await directory.remove();
  });

  it("uses the embedded engine for a model file of one's own", () => {
    expect(parseOptions(["--model-file", "/m.gguf"], {})).toMatchObject({
      embeddedEngine: true,
      modelFile: "/m.gguf",
    });
  });

  it("takes the log level from the option, else from LOG_LEVEL, in any case", () => {
    expect(parseOptions(["--log-level", "WARN"], { LOG_LEVEL: "debug" }).logLevel).toBe("warn");
    expect(parseOptions([], { LOG_LEVEL: "DEBUG" }).logLevel).toBe("debug");
    expect(parseOptions([], { LOG_LEVEL: "loud" }).logLevel).toBe("info");
  });

  it("takes variables of the services by name, and no others from the shell", () => {
    const args = ["--set", "API_JOB_TIMEOUT_MS=5000", "--set", "API_CORS_ORIGINS=https://a.example,b=c"];
    expect(parseOptions(args, { API_JOB_TIMEOUT_MS: "1", CHAIN_ID: "1" }).serviceVariables).toEqual({
      API_JOB_TIMEOUT_MS: "5000",
      API_CORS_ORIGINS: "https://a.example,b=c",
    });
  });

  it("does not mind an OLLAMA_HOST that it does not use", () => {
    expect(parseOptions(["--engine"], { OLLAMA_HOST: "ftp://gpu" }).embeddedEngine).toBe(true);
    expect(() => parseOptions([], { OLLAMA_HOST: "ftp://gpu" })).toThrow("OLLAMA_HOST");
  });
});
