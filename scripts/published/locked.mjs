/** What package-lock.json says of packages from the registry. Nothing here needs a package. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a lock says of a package that is true wherever it is installed. */
const FACTS = [
  "version",
  "integrity",
  "license",
  "dependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "bin",
  "engines",
];

/**
 * The part of our lock that these packages need, with the very versions and checksums that are tested here, one version
 * of each: what a workspace has of its own is for all.
 * @param {Map<string, string>} importers by package, a workspace that imports it
 * @returns {{ dependencies: Record<string, string>, packages: Record<string, object> }} exact versions; entries of a lock
 */
export function lockedPart(root, importers) {
  const { packages: lock } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const workspaces = [...new Set(importers.values())];
  const find = (name, importer) => {
    const own = workspaces.map((folder) => `${folder}/node_modules/${name}`).find((path) => path in lock);
    const path = own ?? foundFrom(lock, importer, name);
    if (path === undefined) throw new Error(`${name}, which ${importer} needs, is not in package-lock.json`);
    return path;
  };
  /** By name, the path in our lock. It grows while it is looked through. */
  const chosen = new Map([...importers].map(([name, importer]) => [name, find(name, importer)]));
  for (const path of chosen.values()) {
    for (const needed of neededBy(lock[path])) {
      const found = find(needed, path);
      const other = chosen.get(needed) ?? found;
      if (lock[other].version !== lock[found].version)
        throw new Error(`the package would need ${needed} in two versions: ${other} and ${found}`);
      chosen.set(needed, other);
    }
  }
  const entries = [...chosen].map(([name, path]) => [`node_modules/${name}`, factsOf(lock[path])]);
  const dependencies = [...importers.keys()].map((name) => [name, lock[chosen.get(name)].version]);
  return { dependencies: sorted(dependencies), packages: sorted(entries) };
}

/** Without what is optional: nothing here is needed from there, and it would differ between platforms. */
function neededBy({ dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }) {
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...Object.keys(dependencies), ...peers];
}

/** The path of what `name` means to the modules in `folder`, as Node looks for it. */
function foundFrom(lock, folder, name) {
  for (let place = folder; ; place = place.slice(0, Math.max(0, place.lastIndexOf("/")))) {
    const path = place === "" ? `node_modules/${name}` : `${place}/node_modules/${name}`;
    if (lock[path] !== undefined) return path;
    if (place === "") return undefined;
  }
}

function factsOf(entry) {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => FACTS.includes(name)));
}

function sorted(entries) {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
