import { execFileSync } from "node:child_process";
import { commandsFor, shellWord } from "./commands.js";
import { nameInPath, pathOfModel } from "./model.js";

const HOSTILE = [
  "qwen2.5:7b",
  "hf.co/a/b:q4",
  "x'; touch /tmp/x; '",
  "$(id)`id`",
  "-rf",
  "a/../../keys",
  "100%",
];

describe("the commands of a model", () => {
  it("hand a shell one word, whatever the model is called", () => {
    for (const name of HOSTILE) {
      const heard = execFileSync("sh", ["-c", `printf %s ${shellWord(name)}`], { encoding: "utf8" });
      expect(heard).toBe(name);
    }
    expect(shellWord("qwen2.5:7b")).toBe("qwen2.5:7b");
  });

  it("ask a model for vectors if it can do nothing else", () => {
    const texts = commandsFor("all-minilm", ["embedding"], "https://api.example").map(({ text }) => text);
    expect(texts).toHaveLength(3);
    for (const text of texts) expect(text).toContain("embed");
  });
});

describe("the address of a model", () => {
  it("leads to the model, and to no other page", () => {
    for (const name of HOSTILE) {
      const path = pathOfModel(name);
      const url = new URL(`https://api.example/console${path}`);
      expect(url.pathname).toBe(`/console${path}`);
      expect(nameInPath(path.slice("/models/".length))).toBe(name);
    }
    expect(pathOfModel("hf.co/a/b:q4")).toBe("/models/hf.co/a/b:q4");
    expect(nameInPath("100%")).toBe("100%");
  });
});
