import { readWorkerConfig } from "./config.js";

describe("readWorkerConfig", () => {
  it.each([
    ["127.0.0.1", "http://127.0.0.1:11434"],
    ["127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["0.0.0.0:11434", "http://127.0.0.1:11434"],
    ["http://gpu.local:11434/", "http://gpu.local:11434"],
    ["https://gpu.local", "https://gpu.local"],
  ])("reads OLLAMA_HOST %s as %s", (host, url) => {
    expect(readWorkerConfig({ OLLAMA_HOST: host }).OLLAMA_HOST).toBe(url);
  });

  it("names every bad variable at once", () => {
    const read = () => readWorkerConfig({ WORKER_SLOTS: "many", LOG_LEVEL: "loud", HEALTH_PORT: "70000" });
    expect(read).toThrow(/WORKER_SLOTS.*LOG_LEVEL.*HEALTH_PORT|LOG_LEVEL.*HEALTH_PORT.*WORKER_SLOTS/);
  });
});
