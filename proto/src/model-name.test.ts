import fc from "fast-check";
import { canonicalModelName, MODEL_NAME_LENGTH_MAX } from "./model-name.js";

describe("canonicalModelName", () => {
  it.each([
    "flock-tiny",
    "flock-tiny:latest",
    "Flock-Tiny",
    "FLOCK-TINY:LATEST",
    "flock-tiny:Latest",
    " flock-tiny",
    "flock-tiny:latest\t\n",
    "library/flock-tiny",
    "Library/Flock-Tiny:latest",
    "registry.ollama.ai/library/flock-tiny",
    "registry.ollama.ai/library/flock-tiny:latest",
    "Registry.Ollama.AI/library/flock-tiny:latest",
    "https://registry.ollama.ai/library/flock-tiny",
    "http://registry.ollama.ai/library/flock-tiny:latest",
    "flock-tiny:local",
    "flock-tiny:latest:local",
    " Registry.ollama.ai/LIBRARY/flock-tiny:LOCAL ",
  ])("%j names flock-tiny:latest", (name) => {
    expect(canonicalModelName(name)).toBe("flock-tiny:latest");
  });

  it.each([
    ["llama3.2:1B-Instruct-Q4_K_M", "llama3.2:1b-instruct-q4_k_m"],
    ["me/llama3.2", "me/llama3.2:latest"],
    ["Me/Llama3.2:Q8", "me/llama3.2:q8"],
    ["registry.ollama.ai/me/llama3.2", "me/llama3.2:latest"],
    ["hf.co/User/Model-GGUF:Q4_K_M", "hf.co/user/model-gguf:q4_k_m"],
    ["https://hf.co/user/model", "hf.co/user/model:latest"],
    ["example.com/library/x", "example.com/library/x:latest"],
    ["localhost:5000/me/x", "localhost:5000/me/x:latest"],
    ["localhost:5000/me/x:y", "localhost:5000/me/x:y"],
    ["_x:_y", "_x:_y"],
    ["x:cloud", "x:cloud"],
  ])("%j is %s", (name, canonical) => {
    expect(canonicalModelName(name)).toBe(canonical);
  });

  it.each([
    "",
    " ",
    ":",
    "a:",
    "a b",
    "../a",
    "../../etc/passwd",
    "a//b",
    "/a",
    "a/",
    "a:b:c",
    "a/b:c/d",
    "a/b/c/d",
    "name.space/a",
    "h/name.space/a",
    "-a",
    ".a",
    "a:-b",
    "a:local:local",
    ":local",
    "https://a",
    "https://library/a",
    "https:///library/a",
    "jobs.>",
    "x*",
    "é",
    // A Kelvin sign, whose lower case is an ASCII k.
    "\u212Aitten",
    "a".repeat(81),
    `a:${"b".repeat(81)}`,
    `${"n".repeat(81)}/a`,
    `${"h".repeat(MODEL_NAME_LENGTH_MAX)}/n/a`,
  ])("%j is not a model name", (name) => {
    expect(canonicalModelName(name)).toBeUndefined();
  });

  it("is its own canonical form, as Ollama would list it, or undefined, whatever the text", () => {
    const nameLike = fc.stringMatching(
      /^ ?(http:\/\/)?([A-Za-z0-9._:-]{1,9}\/){0,4}[A-Za-z0-9._:@-]{1,20} ?$/,
    );
    fc.assert(
      fc.property(fc.oneof(nameLike, fc.string()), (name) => {
        const canonical = canonicalModelName(name);
        if (canonical === undefined) return;
        expect(canonical).toMatch(/^[a-z0-9_.:/-]+:[a-z0-9_.-]+$/);
        expect(canonicalModelName(canonical)).toBe(canonical);
      }),
    );
  });
});
