import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { picture } from "./picture.js";
import { simulate, WHOLE } from "./simulate.js";
import { tables } from "./tables.js";

/* `npm run simulate`: lives all lives, and writes what became of them into the documentation. */

const BEGIN = "<!-- simulation: written by npm run simulate -->";
const END = "<!-- end of simulation -->";

const docs = join(import.meta.dirname, "../../../docs");
const file = join(docs, "verification.md");
const startedMs = performance.now();
const outcome = simulate(WHOLE);
const text = await readFile(file, "utf8");
const [before, rest] = text.split(BEGIN);
const after = rest?.split(END)[1];
if (before === undefined || after === undefined)
  throw new Error(`${file} has no room for the simulation's tables`);
const written = tables(outcome);
await writeFile(file, `${before}${BEGIN}\n\n${written}\n\n${END}${after}`);
await writeFile(join(docs, "images/verification-detection.svg"), picture(outcome));
process.stdout.write(`${written}\n\n${((performance.now() - startedMs) / 1_000).toFixed(1)} s\n`);
