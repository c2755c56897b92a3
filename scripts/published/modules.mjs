/** Which built modules of ours a program loads, and what it takes from the registry. Nothing here needs a package. */
import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** What the compiler writes of an import: types are gone, one statement begins a line and ends in its specifier. */
const STATEMENT = /^((?:import|export)\s(?:[^;"]*?\sfrom\s)?")([^"]+)(";)/gm;
const CALL = /(\bimport\(")([^"]+)("\))/g;
const NAME = /^(?:@[^/]+\/)?[^/]+/;

/** Workspaces by name: where they are, and what they offer at which entrance. */
function workspacesOf(root) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const links = Object.entries(packages).filter(([, entry]) => entry.link === true);
  return new Map(links.map(([path, { resolved }]) => [path.slice("node_modules/".length), resolved]));
}

/**
 * The modules that `entrances`, built modules below `root`, load: their text, and where each of their imports leads. Of
 * entrances that are declarations (`.d.ts`) the declarations.
 * @returns {{ modules: Map<string, { text: string, imports: Map<string, string> }>, packages: Map<string, string> }}
 *   by path from the root; packages: what is imported from the registry, with a workspace that does
 */
export function modulesOf(root, entrances) {
  const workspaces = workspacesOf(root);
  const modules = new Map();
  const packages = new Map();
  const load = (path) => {
    if (modules.has(path)) return;
    const text = readFileSync(join(root, path), "utf8");
    const imports = new Map();
    modules.set(path, { text, imports });
    for (const [, , specifier] of [...text.matchAll(STATEMENT), ...text.matchAll(CALL)]) {
      if (specifier.startsWith("node:")) continue;
      const target = targetOf(path, specifier);
      if (target === undefined) packages.set(NAME.exec(specifier)[0], path.split("/dist/")[0]);
      else imports.set(specifier, target);
    }
    for (const target of imports.values()) load(target);
  };
  const targetOf = (path, specifier) => {
    const isDeclared = path.endsWith(".d.ts");
    if (specifier.startsWith(".")) {
      const target = relative(root, resolve(root, dirname(path), specifier));
      return isDeclared ? target.replace(/\.js$/, ".d.ts") : target;
    }
    const [name] = NAME.exec(specifier);
    const folder = workspaces.get(name);
    if (folder === undefined) return undefined;
    const { exports } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const area = specifier.slice(name.length + 1);
    const offered = area === "" ? exports["."] : (exports[`./${area}`] ?? exports["./*"]);
    return join(folder, offered[isDeclared ? "types" : "default"].replace("*", area));
  };
  for (const entrance of entrances) load(entrance);
  return { modules, packages };
}

/** The text of a module with other specifiers in its imports. */
export function withImports(text, rename) {
  const replace = (_all, before, specifier, after) => `${before}${rename(specifier)}${after}`;
  return text.replace(STATEMENT, replace).replace(CALL, replace);
}
