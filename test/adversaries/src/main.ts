import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureAll, type Scale } from "./measure.js";
import { RealEngines } from "./real-engines.js";
import { table } from "./table.js";

/* `npm run cheats`: has every cheat work on real engines, and writes what was found out into the documentation. */

const BEGIN = "<!-- cheats: written by npm run cheats -->";
const END = "<!-- end of cheats -->";

const SCALE: Scale = { jobs: Number(process.argv[2] ?? 40), lives: 1_000, jobsMax: 500, seed: 1 };

const file = join(import.meta.dirname, "../../../docs/verification.md");
const folder = await mkdtemp(join(tmpdir(), "flock-cheats-"));
const engines = await RealEngines.start(folder);
try {
  const rows = await measureAll(engines, SCALE, ({ name, checked, lives }) => {
    process.stderr.write(
      `${name}: ${checked.misses} of ${checked.positions} missed, ${lives.quarantined} in quarantine\n`,
    );
  });
  const text = await readFile(file, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${file} has no room for the table of cheats`);
  const written = table(rows, SCALE);
  await writeFile(file, `${before}${BEGIN}\n\n${written}\n\n${END}${after}`);
  process.stdout.write(`${written}\n`);
} finally {
  await engines.stop();
  await rm(folder, { recursive: true });
}
