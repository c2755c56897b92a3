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
      workerSlots: 4,
      sequences: 8,
      noChain: false,
      fresh: false,
      embeddedEngine: false,
      logLevel: "info",
      ollamaHost: "127.0.0.1:11434",
    });
  });

  it("takes ports by number, and leaves 0 to be chosen", () => {
    const { ports } = parseOptions(["--api-port", "8080", "--nats-port", "0"], {});
    expect(ports).toEqual({ api: 8080 });
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

  it("lets the environment replace embedded parts; empty counts as unset", () => {
    const environment = { DATABASE_URL: "postgresql://db/flock", NATS_URL: "", OLLAMA_HOST: "gpu:11434" };
    const options = parseOptions([], environment);
    expect(options).toMatchObject({ databaseUrl: "postgresql://db/flock", ollamaHost: "gpu:11434" });
    expect(options.natsUrl).toBeUndefined();
  });
});
