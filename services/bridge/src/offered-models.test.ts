import { CatalogueEntry } from "@flock/proto/catalogue";
import { offeredModels, profileOf } from "./offered-models.js";

const DIGEST = "a".repeat(64);
const ENTRY = CatalogueEntry.fromPartial({
  name: "llama3:latest",
  digest: DIGEST,
  sizeBytes: 7,
  contextLength: 2_048,
  showJson: Buffer.from(JSON.stringify({ parameters: 'stop "<end>"\nnum_ctx 8192' })),
});
const catalogue = { find: (name: string) => (/^llama3(:latest)?$/i.test(name) ? ENTRY : undefined) };

describe("what original workers offer", () => {
  it("is what the catalogue pins, with the catalogue's size and context", () => {
    const expected = {
      name: "llama3:latest",
      digest: DIGEST,
      sizeBytes: 7,
      contextLength: 2_048,
      loaded: false,
    };
    expect(offeredModels([{ name: "Llama3", digest: DIGEST }], catalogue)).toEqual([expected]);
  });

  it.each([
    ["another digest", { name: "llama3:latest", digest: "b".repeat(64) }],
    ["no digest", { name: "llama3:latest" }],
    ["a model that the catalogue does not have", { name: "other", digest: DIGEST }],
    ["a proxy of a hosted service", { name: "llama3", digest: DIGEST, remote_host: "https://example.com" }],
    ["a name that Ollama takes for another", { name: "llama3:local", digest: DIGEST }],
    ["what is no name", { name: "../..", digest: DIGEST }],
  ])("is not %s", (_what, listed) => {
    expect(offeredModels([listed], catalogue)).toEqual([]);
  });

  it("is run with the catalogue's context and the model's own stop words", () => {
    expect(profileOf(ENTRY)).toMatchObject({
      contextLength: 2_048,
      stopWords: ["<end>"],
      resumesFormat: false,
    });
    expect(profileOf({ ...ENTRY, showJson: Buffer.from("no JSON") }).stopWords).toEqual([]);
  });
});
