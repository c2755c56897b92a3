/**
 * Node's hooks that load this repository's TypeScript sources as they are, as jest does: what is fuzzed is not all behind
 * a front door, and `dist` has no sources of tests.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transform } from "@swc/core";

const OPTIONS = {
  jsc: { parser: { syntax: "typescript" }, target: "es2022" },
  module: { type: "es6" },
  sourceMaps: "inline",
};

export async function resolve(specifier, context, next) {
  const isOurs = specifier.startsWith(".") && context.parentURL?.endsWith(".ts") === true;
  const conditions = ["@flock/source", ...context.conditions];
  return next(isOurs ? specifier.replace(/\.js$/, ".ts") : specifier, { ...context, conditions });
}

export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, "utf8"), { ...OPTIONS, filename });
  return { format: "module", source: code, shortCircuit: true };
}
