/*
 * What a process of ours is given of the shell's environment: a list, and not everything but a few. NODE_OPTIONS,
 * PGOPTIONS, GOGC, CHAIN_ID, API_PORT mean something to somebody else; each would be one more way for a mesh not to
 * start, on one machine only.
 */

/** What a program needs to run at all, on any platform. */
const BASICS = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "TMPDIR",
  "TMP",
  "TEMP",
  "SystemRoot",
  "ComSpec",
  "PATHEXT",
  "USERPROFILE",
];

/** For Node itself: its libraries, and whom its TLS trusts (an Ollama behind https with a certificate of one's own). */
const NODE = ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/** How the outside world is reached: for downloads alone. What a mesh talks to is never behind a proxy. */
const PROXIES = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "no_proxy",
];

/** For a program of ours, which runs on Node. */
export function nodeEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return pick(environment, [...BASICS, ...NODE]);
}

/** For a foreign program that works here. Its messages are English, whatever language the shell speaks. */
export function foreignEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...pick(environment, BASICS), LC_ALL: "C" };
}

/** For a foreign program that downloads. */
export function downloadEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...foreignEnvironment(environment), ...pick(environment, PROXIES) };
}

/** `FLOCK_…` is this project's own: it marks, for example, what belongs to one test. */
function pick(environment: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  const isPassed = (name: string) => names.includes(name) || name.startsWith("FLOCK_");
  return Object.fromEntries(Object.entries(environment).filter(([name]) => isPassed(name)));
}

/**
 * Makes this process deaf to what the shell says about things that it does not ask the shell about: the variables of
 * PostgreSQL's clients, which would complete the URL of a server that is ours, and proxies (a Node with
 * NODE_USE_ENV_PROXY=1 would ask one even for the service next door, and looks at NO_PROXY at each request).
 */
export function ignoreForeignVariables(environment: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(environment)) if (isPostgresVariable(name)) delete environment[name];
  Object.assign(environment, { NO_PROXY: "*", no_proxy: "*" });
}

/** Whether PostgreSQL's clients read this variable: `PGSSLMODE`, `PGPASSFILE`, `PGOPTIONS`, … */
export function isPostgresVariable(name: string): boolean {
  return /^PG[A-Z_]+$/.test(name);
}
