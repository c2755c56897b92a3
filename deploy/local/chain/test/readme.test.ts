import { readFileSync } from "node:fs";
import { METHOD_NAMES } from "../src/rpc/dispatch.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

describe("the README", () => {
  it("names every method that is served, and no other", () => {
    const served = METHOD_NAMES.filter((name) => !name.startsWith("dev_"));
    const named = readme.split("Served: ")[1]?.split("; by websocket")[0] ?? "";
    expect([...named.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort()).toEqual(served);
  });

  it("names every variable that the process reads", () => {
    const config = readFileSync(new URL("../src/config.ts", import.meta.url), "utf8");
    const variables = [...config.matchAll(/^\s+([A-Z][A-Z0-9_]{3,}):/gm)].map(([, name]) => name);
    expect(variables.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});
