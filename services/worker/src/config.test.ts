import { generateIdentity } from "@flock/keys";
import { readWorkerConfig } from "./config.js";

const REQUIRED = { WORKER_MESH_KEYS: generateIdentity().id };

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
    expect(readWorkerConfig({ ...REQUIRED, OLLAMA_HOST: host }).OLLAMA_HOST).toBe(url);
  });

  it("takes one or more public keys of the mesh, and nothing else", () => {
    const [a, b] = [generateIdentity().id, generateIdentity().id];
    expect(readWorkerConfig({ WORKER_MESH_KEYS: `${a}, ${b}` }).WORKER_MESH_KEYS).toEqual([a, b]);
    for (const wrong of ["mesh-key.json", `${a};${b}`, `${a} ${b}`])
      expect(() => readWorkerConfig({ WORKER_MESH_KEYS: wrong })).toThrow("WORKER_MESH_KEYS: ");
  });

  it("needs an api to enrol at, or the public keys of a mesh without enrolment", () => {
    expect(() => readWorkerConfig({})).toThrow("WORKER_API_URL: is missing");
    expect(readWorkerConfig({ WORKER_API_URL: "https://api.example" }).WORKER_MESH_KEYS).toEqual([]);
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
    expect(readWorkerConfig({ ...REQUIRED, OLLAMA_NUM_PARALLEL: "2" }).WORKER_SLOTS).toBe(1);
  });

  it.each([
    ["WORKER_API_URL", "api.example", "it is not a URL like https://api.example"],
    ["WORKER_WALLET", "nobody", '"nobody" is not a Solana address'],
    ["WORKER_PAYOUT", "1".repeat(32), "which no key can spend from"],
  ])("refuses %s=%s", (name, value, words) => {
    const read = () => readWorkerConfig({ WORKER_API_URL: "https://api.example", [name]: value });
    expect(read).toThrow(`${name}: `);
    expect(read).toThrow(words);
  });

  it.each(["WORKER_WALLET", "WORKER_PAYOUT"])("refuses %s where nobody enrols", (name) => {
    const read = () => readWorkerConfig({ [name]: "48e5cJr7YL34SdLe369G2NtmYc2jyjYiRPoomcvn6EfG" });
    expect(read).toThrow(`${name}: it needs WORKER_API_URL`);
  });

  it.each([
    [undefined, "info"],
    ["INFO", "info"],
    ["Debug", "debug"],
    ["WARNING", "warn"],
    [" off ", "silent"],
  ])("reads LOG_LEVEL %j as %s", (text, level) => {
    expect(readWorkerConfig({ ...REQUIRED, LOG_LEVEL: text }).LOG_LEVEL).toBe(level);
  });
});
