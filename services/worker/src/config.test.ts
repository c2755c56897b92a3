import { readWorkerConfig } from "./config.js";

describe("readWorkerConfig", () => {
  it.each([
    ["127.0.0.1", "http://127.0.0.1:11434"],
    ["127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["0.0.0.0:11434", "http://127.0.0.1:11434"],
    [":11434", "http://127.0.0.1:11434"],
    ["http://gpu.local", "http://gpu.local"],
    ["http://gpu.local:11434/", "http://gpu.local:11434"],
    ["https://gpu.local", "https://gpu.local"],
  ])("reads OLLAMA_HOST %s as %s", (host, url) => {
    expect(readWorkerConfig({ OLLAMA_HOST: host }).OLLAMA_HOST).toBe(url);
  });

  it("names every bad variable at once", () => {
    const environment = {
      WORKER_SLOTS: "many",
      LOG_LEVEL: "loud",
      HEALTH_PORT: "70000",
      OLLAMA_HOST: "ftp://gpu",
    };
    const read = () => readWorkerConfig(environment);
    for (const name of Object.keys(environment)) expect(read).toThrow(`${name}: `);
    expect(read).toThrow('LOG_LEVEL: Invalid option: expected one of "trace"|"debug"|"info"|"warn"');
  });

  it("refuses a mistyped variable of its own by name, and takes no notice of Ollama's", () => {
    expect(() => readWorkerConfig({ WORKER_SLOT: "2" })).toThrow("WORKER_SLOT: no such variable");
    expect(readWorkerConfig({ OLLAMA_NUM_PARALLEL: "2" }).WORKER_SLOTS).toBe(1);
  });

  it.each([
    [undefined, "info"],
    ["INFO", "info"],
    ["Debug", "debug"],
    ["WARNING", "warn"],
    [" off ", "silent"],
  ])("reads LOG_LEVEL %j as %s", (text, level) => {
    expect(readWorkerConfig({ LOG_LEVEL: text }).LOG_LEVEL).toBe(level);
  });
});
