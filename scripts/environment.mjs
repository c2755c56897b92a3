/**
 * What the programs that a script runs (npm, turbo, the linters, the tests) are given of the shell's environment. Not
 * everything: NODE_ENV, npm's `omit`, PGSSLMODE or NODE_OPTIONS mean something to somebody else, and would decide here
 * what is installed and which tests fail. So this is a list of what is passed on. Nothing here needs a package.
 */
import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of this checkout. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** What a program needs to run at all, on any platform. */
const BASICS = [
  "PATH",
  "USER",
  "LOGNAME",
  "TERM",
  "COLUMNS",
  "NO_COLOR",
  "LD_LIBRARY_PATH",
  "DYLD_LIBRARY_PATH",
  "SystemRoot",
  "ComSpec",
  "PATHEXT",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
];

/** How the outside world is reached: for downloads. */
const NETWORK = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "NODE_USE_ENV_PROXY",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

/** Where npm fetches from, and as whom. What it would leave out, and where it would put things, is ours to say. */
const NPM_NETWORK =
  /^npm_config_(registry|@.+|\/\/.+|_auth.*|(https?[-_])?proxy|no[-_]?proxy|ca|cafile|cert|key|strict[-_]ssl|userconfig|globalconfig|fetch[-_].+|maxsockets|local[-_]address|offline|prefer[-_]o(ff|n)line)$/i;

/** The same of pip, which brings the client libraries of Python that tests try. */
const PIP_NETWORK =
  /^PIP_(INDEX_URL|EXTRA_INDEX_URL|NO_INDEX|FIND_LINKS|TRUSTED_HOST|CERT|CLIENT_CERT|PROXY|DEFAULT_TIMEOUT|CONFIG_FILE)$/;

/** What is listed here of the shell's environment, and what we say ourselves. */
export function toolEnvironment(environment = process.env) {
  const kept = new Set([...BASICS, ...NETWORK]);
  const passed = Object.entries(environment).filter(([name]) => {
    // FLOCK_… is our own: it marks, for example, what belongs to one test.
    return kept.has(name) || name.startsWith("FLOCK_") || NPM_NETWORK.test(name) || PIP_NETWORK.test(name);
  });
  return {
    ...Object.fromEntries(passed),
    ...directories(environment),
    ...noProxyHere(environment),
    ...npmCache(environment),
    ...QUIET_TOOLS,
  };
}

/** For every tool: report nothing to anybody, look for no update, write nothing outside the checkout. */
const QUIET_TOOLS = {
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
  TURBO_CONFIG_DIR_PATH: join(ROOT, ".cache/turborepo"),
  // buf, biome and swc keep caches below the first; below the second turbo looks for what a user is signed in to.
  XDG_CACHE_HOME: join(ROOT, ".cache/tools"),
  XDG_CONFIG_HOME: join(ROOT, ".cache/tools"),
};

/** This machine's own addresses, in the form of NO_PROXY. */
const OWN_ADDRESSES = ["127.0.0.1", "localhost", "::1"];

/**
 * NO_PROXY with this machine's own addresses, in both spellings: a Node with NODE_USE_ENV_PROXY=1 would otherwise ask a
 * proxy for the service next door.
 */
export function noProxyHere(environment = process.env) {
  const given = (environment.no_proxy || environment.NO_PROXY || "")
    .split(",")
    .filter((host) => host.trim() !== "");
  const value = [...new Set([...given, ...OWN_ADDRESSES])].join(",");
  return { NO_PROXY: value, no_proxy: value };
}

/** Left out when they are none: then every program takes the system's own. */
function directories(environment) {
  const names = ["HOME", "TMPDIR", "TMP", "TEMP"];
  return Object.fromEntries(
    names.filter((name) => isDirectory(environment[name])).map((name) => [name, environment[name]]),
  );
}

function isDirectory(path) {
  return (
    path !== undefined && path !== "" && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  );
}

/**
 * The cache that npm was told of, or its own, or one in the checkout where that cannot be written: a read-only home, or
 * none, as users for services have.
 */
function npmCache(environment) {
  const entry = Object.entries(environment).find(([name]) => name.toLowerCase() === "npm_config_cache");
  const told = entry?.[1];
  if (told) return { npm_config_cache: isWritable(told) ? told : OWN_NPM_CACHE };
  const home = environment.HOME || userInfo().homedir;
  return isDirectory(home) && isWritable(join(home, ".npm")) ? {} : { npm_config_cache: OWN_NPM_CACHE };
}

const OWN_NPM_CACHE = join(ROOT, ".cache/npm");

function isWritable(directory) {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false; // A read-only file system, somebody else's, or no directory at all.
  }
}
