/** Packs what is published: staged in `<folder>/package`, the tarball beside it. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOT } from "../environment.mjs";
import { npmProgram, setup } from "../setup.mjs";
import { runStep } from "../step.mjs";

/**
 * @param {(root: string, folder: string) => void} stage writes the folder
 * @param {string} folder in which both are
 */
export async function pack(stage, folder) {
  await setup({ needsNats: false });
  const whole = resolve(folder);
  const staged = join(whole, "package");
  mkdirSync(whole, { recursive: true });
  stage(ROOT, staged);
  // Without scripts: there are none, and a folder above may have some.
  const options = ["--pack-destination", whole, "--json", "--ignore-scripts", "--loglevel=error"];
  const hint = "The staged folder is what it complains about; scripts/published writes it.";
  const [packed] = JSON.parse(await runStep("packing", npmProgram(), ["pack", staged, ...options], { hint }));
  process.stdout.write(
    `${join(whole, packed.filename)}\n` +
      `${packed.entryCount} files, ${packed.size} bytes packed, ${packed.unpackedSize} bytes unpacked\n${packed.integrity}\n`,
  );
}
