/** Whether the committed code in proto/src/gen is what the .proto files generate. */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./environment.mjs";
import { runStep, StepFailure } from "./step.mjs";

const COMMITTED = join(ROOT, "proto/src/gen");
const HINT = "Fix the .proto files (proto/flock), then run: npm run generate";

/** @throws {import("./step.mjs").StepFailure} naming every file that differs */
export async function checkGenerated() {
  const scratch = join(ROOT, ".cache/generated");
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const buf = (name, args) => {
    const options = { cwd: join(ROOT, "proto"), hint: HINT };
    return runStep(name, join(ROOT, "node_modules/@bufbuild/buf/bin/buf"), args, options);
  };
  await buf("linting the contracts", ["lint"]);
  await buf("generating from the contracts", ["generate", "--output", scratch]);
  const [committed, fresh] = await Promise.all([readTree(COMMITTED), readTree(join(scratch, "src/gen"))]);
  const differing = [...new Set([...committed.keys(), ...fresh.keys()])]
    .filter((name) => committed.get(name) !== fresh.get(name))
    .sort();
  if (differing.length === 0) return;
  const list = differing.map((name) => `  proto/src/gen/${name}`).join("\n");
  throw new StepFailure(
    `FAILED: generated code: not what the contracts generate:\n${list}\nRun: npm run generate, and commit the result.`,
  );
}

/** Path below `directory` -> content. */
async function readTree(directory) {
  const files = new Map();
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      for (const [name, content] of await readTree(path)) files.set(join(entry.name, name), content);
    } else files.set(entry.name, await readFile(path, "utf8"));
  }
  return files;
}
