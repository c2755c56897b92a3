/** Whether node_modules holds what package-lock.json asks for, on this platform. */
import { createHash } from "node:crypto";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./environment.mjs";

/** Says what our last whole installation was made from, and what npm could not get for this platform. */
const STAMP = join(ROOT, "node_modules/.flock-installed");

/**
 * True if everything is there, whoever installed it; what npm has been asked for before and could not get for this
 * platform does not count. A stamp is not believed alone: somebody may have removed packages since, and earlier versions
 * stamped what `NODE_ENV=production` had left half.
 */
export async function isInstalled() {
  try {
    const { hash, unavailable } = await readStamp();
    const known = hash === (await dependenciesHash()) ? unavailable : [];
    const { needed, forPlatform } = await missingPackages();
    return needed.length === 0 && forPlatform.every((path) => known.includes(path));
  } catch {
    return false; // No node_modules, or not npm's.
  }
}

/** Stamps an installation. @returns what is missing of what cannot be missing: it is then not stamped. */
export async function stampInstallation() {
  const { needed, forPlatform } = await missingPackages();
  if (needed.length > 0) return needed;
  await writeFile(STAMP, JSON.stringify({ hash: await dependenciesHash(), unavailable: forPlatform }));
  return [];
}

async function readStamp() {
  try {
    return JSON.parse(await readFile(STAMP, "utf8"));
  } catch {
    return { hash: "", unavailable: [] }; // None, or one of an earlier version.
  }
}

/** Over the lock and the package.json of every workspace. */
async function dependenciesHash() {
  const lock = await readFile(join(ROOT, "package-lock.json"), "utf8");
  const workspaces = Object.keys(JSON.parse(lock).packages).filter((path) => !path.includes("node_modules/"));
  const hash = createHash("sha256").update(lock);
  for (const path of workspaces.sort()) {
    // A workspace that the lock names and the checkout has not: npm decides what that means.
    hash.update(await readFile(join(ROOT, path, "package.json")).catch(() => ""));
  }
  return hash.digest("hex");
}

/**
 * Paths of the lock that are not installed: `needed` by everybody, and `forPlatform`: optional ones that are made for
 * this platform. Judged by the copy of the lock that npm leaves in node_modules, and by what is really there.
 */
async function missingPackages() {
  const [wanted, present] = await Promise.all(
    ["package-lock.json", "node_modules/.package-lock.json"].map(async (name) => {
      return JSON.parse(await readFile(join(ROOT, name), "utf8")).packages;
    }),
  );
  const missing = { needed: [], forPlatform: [] };
  const look = async ([path, entry]) => {
    if (!path.includes("node_modules/") || !isForPlatform(entry)) return;
    const found = present[path];
    const isSame = found?.version === entry.version && found?.integrity === entry.integrity;
    if (isSame && (await exists(entry.link ? path : `${path}/package.json`))) return;
    const isOptional = entry.optional || entry.devOptional || entry.peer;
    (isOptional ? missing.forPlatform : missing.needed).push(path);
  };
  await Promise.all(Object.entries(wanted).map(look));
  return { needed: missing.needed.sort(), forPlatform: missing.forPlatform.sort() };
}

function exists(path) {
  return access(join(ROOT, path)).then(
    () => true,
    () => false,
  );
}

function isForPlatform({ os, cpu, libc }) {
  return isAmong(os, process.platform) && isAmong(cpu, process.arch) && isAmong(libc, libcOf());
}

function isAmong(list, name) {
  return list === undefined || name === undefined || list.includes(name);
}

let libc;

/** Undefined elsewhere than on Linux. */
function libcOf() {
  if (process.platform !== "linux") return undefined;
  libc ??= process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
  return libc;
}
