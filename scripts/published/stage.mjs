/**
 * What the folders that are published have in common: the modules of ours that a package loads and no others, without
 * source maps, beside each other in a folder per workspace. They find each other by their paths and not by the names of
 * workspaces: on a registry those names are nobody's we know, and not every package manager heeds `bundleDependencies`.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import { withImports } from "./modules.mjs";

const SOURCE_MAP = /^\/\/# sourceMappingURL=.*\n?/m;
/** A link that leads out of the package. */
const OUTWARD = /\[([^\]]+)\]\(\.\.?\/[^)]*\)/g;

/** A folder that is published, empty at first. */
export class Stage {
  #root;
  #folder;

  /**
   * @param {string} root of the checkout, which is built
   * @param {string} folder is replaced
   */
  constructor(root, folder) {
    this.#root = root;
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
  }

  /** A file of the checkout. */
  read(path) {
    return readFileSync(join(this.#root, path), "utf8");
  }

  write(path, text) {
    mkdirSync(dirname(join(this.#folder, path)), { recursive: true });
    writeFileSync(join(this.#folder, path), text);
  }

  writeJson(path, value) {
    this.write(path, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** @param {Map<string, { text: string, imports: Map<string, string> }>} modules as `modulesOf` gives them */
  writeModules(modules) {
    for (const [path, { text, imports }] of modules) {
      const place = placeOf(path);
      const moved = withImports(text, (specifier) => {
        const target = imports.get(specifier);
        return target === undefined ? specifier : pathBetween(place, specifierOf(placeOf(target)));
      });
      this.write(place, moved.replace(SOURCE_MAP, ""));
    }
  }

  /** The licence, and the README of that workspace. */
  writeTexts(workspace) {
    this.write("README.md", this.read(`${workspace}/README.md`).replace(OUTWARD, "$1"));
    cpSync(join(this.#root, "LICENSE"), join(this.#folder, "LICENSE"));
  }
}

/** `packages/mesh/dist/nats/transport.js` is `mesh/nats/transport.js`: as far below its package.json as it was. */
export function placeOf(path) {
  const [workspace, inside] = path.split("/dist/");
  return `${basename(workspace)}/${inside}`;
}

/** Declarations name the module that they are of. */
function specifierOf(place) {
  return place.replace(/\.d\.ts$/, ".js");
}

function pathBetween(from, to) {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}
