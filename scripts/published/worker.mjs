/** Writes the folder that is published as the worker's package: a program, with the lock of what it needs. */
import { posix } from "node:path";
import { lockedPart } from "./locked.mjs";
import { modulesOf } from "./modules.mjs";
import { placeOf, Stage } from "./stage.mjs";

const NAME = "@flockollamas/worker";
const WORKER = "services/worker";
const COMMAND = "flock-worker";

/**
 * @param {string} root of the checkout, which is built
 * @param {string} folder is replaced
 */
export function stageWorker(root, folder) {
  const stage = new Stage(root, folder);
  const manifest = JSON.parse(stage.read(`${WORKER}/package.json`));
  const { license, repository } = JSON.parse(stage.read("package.json"));
  const main = posix.join(WORKER, manifest.bin[COMMAND]);
  const { modules, packages } = modulesOf(root, [main]);
  const { dependencies, packages: locked } = lockedPart(root, packages);
  const { version, description, engines } = manifest;
  const described = {
    ...{ name: NAME, version, description, license, repository },
    ...{ type: "module", bin: { [COMMAND]: placeOf(main) }, engines, dependencies },
  };
  const top = { name: NAME, version, license, bin: described.bin, engines, dependencies };
  const lock = { name: NAME, version, lockfileVersion: 3, requires: true };
  stage.writeModules(modules);
  stage.writeJson("package.json", described);
  stage.writeJson("npm-shrinkwrap.json", { ...lock, packages: { "": top, ...locked } });
  stage.writeTexts(WORKER);
}
