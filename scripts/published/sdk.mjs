/**
 * Writes the folder that is published as the SDK: a library, with its types, and without a lock: whose program it is part
 * of decides which versions it gets, from those on that are tested here.
 */
import { readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { lockedPart } from "./locked.mjs";
import { modulesOf } from "./modules.mjs";
import { placeOf, Stage } from "./stage.mjs";

const SDK = "packages/sdk";

/**
 * @param {string} root of the checkout, which is built
 * @param {string} folder is replaced
 */
export function stageSdk(root, folder) {
  const stage = new Stage(root, folder);
  const manifest = JSON.parse(stage.read(`${SDK}/package.json`));
  const { license, repository } = JSON.parse(stage.read("package.json"));
  const entrances = (kind) => Object.values(manifest.exports).map((entry) => posix.join(SDK, entry[kind]));
  const code = modulesOf(root, entrances("default"));
  const types = modulesOf(root, entrances("types"));
  const { dependencies } = lockedPart(root, new Map([...types.packages, ...code.packages]));
  const { name, version, description, engines, sideEffects } = manifest;
  const exported = Object.entries(manifest.exports).map(([door, entry]) => [
    door,
    {
      types: `./${placeOf(posix.join(SDK, entry.types))}`,
      default: `./${placeOf(posix.join(SDK, entry.default))}`,
    },
  ]);
  stage.writeModules(code.modules);
  stage.writeModules(types.modules);
  stage.writeJson("package.json", {
    ...{ name, version, description, license, repository, type: "module", sideEffects, engines },
    exports: Object.fromEntries(exported),
    dependencies: Object.fromEntries(
      Object.entries(dependencies).map(([needed, locked]) => [needed, `^${locked}`]),
    ),
  });
  for (const name of readdirSync(join(root, SDK, "examples")))
    stage.write(`examples/${name}`, stage.read(`${SDK}/examples/${name}`));
  stage.writeTexts(SDK);
}
