import { readyMessage } from "./announce.js";

const state = { apiUrl: "http://127.0.0.1:1", grpcAddress: "127.0.0.1:2", apiKey: "flk_x" };

describe("readyMessage", () => {
  it("shows a request that a model which can chat answers", () => {
    const text = readyMessage(state, { name: "smol:latest", canChat: true }, 1_234);
    expect(text).toMatch(/^READY http:\/\/127.0.0.1:1 after 1.2 s\n/);
    expect(text).toContain("Console   http://127.0.0.1:1/console/\n");
    expect(text).toContain("API docs  http://127.0.0.1:1/docs\n");
    expect(text).toContain("gRPC      127.0.0.1:2\n");
    expect(text).toContain("Model     smol:latest\n");
    expect(text).toContain(`-d '{"model":"smol","prompt":"Once upon a time","stream":false}'`);
    expect(text).toContain("OLLAMA_HOST=http://127.0.0.1:1/k/flk_x ollama run smol");
  });

  it("says what needs no key, where guests are served", () => {
    const model = { name: "a", canChat: true };
    expect(readyMessage({ ...state, guests: "no key needed for 60" }, model, 1_000)).toContain(
      "Guests    no key needed for 60\n",
    );
    expect(readyMessage(state, model, 1_000)).not.toContain("Guests");
  });

  it("says that there is none that can chat, and shows what the one there is can do", () => {
    const text = readyMessage(state, { name: "nomic-embed-text:latest", canChat: false }, 1_000);
    expect(text).toContain(
      "nomic-embed-text:latest, for embeddings only: there is no model here that can chat",
    );
    expect(text).toContain(
      `/api/embed -H 'Authorization: Bearer flk_x' -d '{"model":"nomic-embed-text","input":`,
    );
    expect(text).not.toMatch(/generate|ollama run/);
  });

  it("shows no request where no worker runs", () => {
    const text = readyMessage(state, { name: "", canChat: false }, 1_000);
    expect(text).toContain("none: no worker runs");
    expect(text).not.toContain("curl");
  });

  it("repeats what somebody should know", () => {
    const remark = "OLLAMA_HOST names http://gpu:11434, but nothing listens there";
    expect(readyMessage(state, { name: "a", canChat: true }, 1_000, [remark])).toContain(`Note: ${remark}`);
  });
});
