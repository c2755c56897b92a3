/** The environments: what people's shells, machines and directories hold. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Nobody listens on the discard port. */
const NOWHERE = "127.0.0.1:9";

/** @returns {import("./trial.mjs").Environment[]} those that can be had on this machine */
export function environments() {
  return [...installations(), ...paths(), ...variables(), ...refusals(), ...endings(), ...checks()];
}

function installations() {
  const isRoot = process.getuid() === 0;
  return [
    { name: "a plain shell, a fresh clone", directory: "plain" },
    { name: "NODE_ENV=production", directory: "production", variables: { NODE_ENV: "production" } },
    {
      name: "npm told to leave packages out, by variables",
      directory: "omit",
      variables: {
        npm_config_omit: "dev optional peer",
        npm_config_only: "prod",
        npm_config_dry_run: "true",
      },
    },
    {
      name: "npm told to leave packages out, by a file",
      directory: "omit-file",
      async prepare(clone) {
        await writeFile(
          join(clone, "../npmrc"),
          "omit=dev\nproduction=true\ninstall-strategy=nested\nengine-strict=true\n",
        );
      },
      variables: { npm_config_userconfig: "../npmrc" },
    },
    {
      name: "a checkout that an earlier version installed half and stamped as whole",
      directory: "half",
      prepare: installHalf,
    },
    {
      name: "no home, and a cache that cannot be written",
      directory: "homeless",
      variables: { HOME: "/dev/null", npm_config_cache: "/dev/null/npm" },
    },
    ...(isRoot ? [{ name: "umask 027 as root", directory: "umask-027", umask: "027" }] : []),
    ...(isRoot ? [{ name: "umask 077 as root", directory: "umask-077", umask: "077" }] : []),
  ];
}

/** As versions up to 0.1 did: the hash of what was asked for, whatever came of it. */
async function installHalf(clone) {
  await run("npm", ["install", "--no-save", "--omit=dev", "--no-audit", "--no-fund"], { cwd: clone });
  const lock = await readFile(join(clone, "package-lock.json"), "utf8");
  const workspaces = Object.keys(JSON.parse(lock).packages).filter((path) => !path.includes("node_modules/"));
  const hash = createHash("sha256").update(lock);
  for (const path of workspaces.sort()) hash.update(await readFile(join(clone, path, "package.json")));
  await writeFile(join(clone, "node_modules/.flock-installed"), hash.digest("hex"));
}

function paths() {
  return [
    { name: "a path with #", directory: "c#sharp" },
    { name: "a path with ?", directory: "what?" },
    { name: "a path with %", directory: "100%25" },
    {
      name: "a path with blanks, quotes, brackets and more",
      directory: `it's "a" (b) [c] {d} $HOME & é漢!;*`,
    },
    {
      name: "a path with \\",
      directory: "back\\slash",
      isRefused: true,
      says: [/cannot be built in a directory whose path has a "\\"/],
    },
    {
      name: "a path with :",
      directory: "co:lon",
      isRefused: true,
      says: [/cannot be built in a directory whose path has a ":"/],
    },
  ];
}

function variables() {
  return [
    { name: "LOG_LEVEL=INFO", variables: { LOG_LEVEL: "INFO" } },
    {
      name: "LOG_LEVEL of another program",
      variables: { LOG_LEVEL: "5" },
      says: [/LOG_LEVEL is none of trace, debug/],
    },
    {
      name: "PGSSLMODE=require and the other variables of PostgreSQL's clients",
      variables: {
        ...{
          PGSSLMODE: "require",
          PGHOST: "db.invalid",
          PGPORT: "1",
          PGUSER: "nobody",
          PGPASSWORD: "x",
          PGDATABASE: "x",
        },
        ...{ PGOPTIONS: "-c default_transaction_read_only=on", PGCLIENTENCODING: "nonsense", PGSERVICE: "x" },
        ...{
          PGPASSFILE: "/nowhere",
          PGDATA: "/nowhere",
          PGTZ: "Nowhere/Never",
          PGCONNECT_TIMEOUT: "0",
          PGAPPNAME: "x",
        },
      },
    },
    ...ollamaHosts(),
    {
      name: "proxies for everything, and NODE_USE_ENV_PROXY=1",
      variables: {
        ...{ NODE_USE_ENV_PROXY: "1", HTTP_PROXY: `http://${NOWHERE}`, HTTPS_PROXY: `http://${NOWHERE}` },
        ...{
          http_proxy: `http://${NOWHERE}`,
          https_proxy: `http://${NOWHERE}`,
          ALL_PROXY: `http://${NOWHERE}`,
        },
      },
    },
    {
      name: "names that our own services read",
      variables: {
        ...{
          API_PORT: "80",
          API_HOST: "192.0.2.1",
          HEALTH_PORT: "1",
          WORKER_SLOTS: "many",
          DRAIN_TIMEOUT_MS: "soon",
        },
        ...{
          CHAIN_ID: "1",
          ENGINE_ROOM: "1",
          TREASURY_KEY_FILE: "/nowhere",
          ROUTER_MODELS_MAX: "0",
          LEDGER_GROUP_MAX: "x",
        },
        ...{ API_CORS_ORIGINS: "nonsense", WORKER_KEY_FILE: "/nowhere", SOLANA_RPC_URLS: "x" },
      },
    },
    {
      name: "a language, a time zone and a temporary directory that do not exist",
      variables: {
        LANG: "xx_YY.UTF-8",
        LC_ALL: "xx_YY.UTF-8",
        TZ: "Nowhere/Never",
        TMPDIR: `/nowhere/${"long".repeat(40)}`,
      },
    },
    {
      name: "variables of tools: CI, FORCE_COLOR, TURBO_…, NODE_OPTIONS, npm's offline",
      variables: {
        ...{
          CI: "true",
          FORCE_COLOR: "1",
          TURBO_TOKEN: "x",
          TURBO_TEAM: "x",
          TURBO_API: `http://${NOWHERE}`,
        },
        ...{
          TURBO_CACHE: "remote:rw",
          TURBO_LOG_ORDER: "nonsense",
          TURBO_CONCURRENCY: "nonsense",
          TURBO_FORCE: "true",
        },
        ...{ NODE_OPTIONS: "--throw-deprecation --inspect=127.0.0.1:0", npm_config_offline: "true" },
        ...{
          npm_config_ignore_scripts: "true",
          npm_config_prefix: "/nowhere",
          TAR_OPTIONS: "--nonsense",
          GOMAXPROCS: "x",
        },
      },
    },
    { name: "no variable but PATH", variables: noneBut("PATH") },
    { name: "no chain", command: "npm start -- --no-chain" },
  ];
}

function ollamaHosts() {
  const hosts = [
    ":9",
    NOWHERE,
    "http://127.0.0.1:9/",
    "[::1]:9",
    " '0.0.0.0:9' ",
    "https://127.0.0.1:9/ollama",
  ];
  return [
    ...hosts.map((host) => ({
      name: `OLLAMA_HOST=${host}, where nothing answers`,
      variables: { OLLAMA_HOST: host },
      says: [/Note: OLLAMA_HOST names \S+, but .*: the embedded engine is used instead/],
    })),
    {
      name: "OLLAMA_HOST=:11434",
      variables: { OLLAMA_HOST: ":11434" },
      says: [/http:\/\/127\.0\.0\.1:11434/],
    },
  ];
}

function refusals() {
  const refused = (name, says, more) => ({ name, says: [says], isRefused: true, ...more });
  return [
    refused("OLLAMA_HOST=ftp://gpu", /^OLLAMA_HOST: an Ollama is reached by http or https/m, {
      variables: { OLLAMA_HOST: "ftp://gpu" },
    }),
    refused("NATS_URL where nobody listens", /NATS_URL is set, and no NATS listens at 127\.0\.0\.1:9/, {
      variables: { NATS_URL: `nats://${NOWHERE}` },
    }),
    refused(
      "DATABASE_URL where nobody listens",
      /DATABASE_URL is set, and no PostgreSQL listens at 127\.0\.0\.1:9/,
      {
        variables: { DATABASE_URL: `postgres://u:p@${NOWHERE}/flock` },
      },
    ),
    refused(
      "two parts on one port",
      /port 5999 is given to two parts: --api-port 5999, and --engine-port 5999/,
      {
        command: "npm start -- --api-port 5999 --engine-port 5999",
      },
    ),
  ];
}

function endings() {
  return [
    {
      name: "SIGTERM while packages are installed",
      directory: "stopped",
      interruptAt: /installing dependencies/,
    },
  ];
}

/** `npm test` with one test file: everything but most of its tests. */
function checks() {
  const variables = {
    ...{
      NODE_ENV: "production",
      npm_config_omit: "dev",
      PGSSLMODE: "require",
      PGOPTIONS: "-c x=y",
      LOG_LEVEL: "INFO",
    },
    ...{ OLLAMA_HOST: ":9", NATS_URL: `nats://${NOWHERE}`, DATABASE_URL: `postgres://u:p@${NOWHERE}/flock` },
    ...{ FORCE_COLOR: "1", LC_ALL: "xx_YY", TMPDIR: "/nowhere", CHAIN_ID: "1", API_PORT: "80" },
    ...{ NODE_USE_ENV_PROXY: "1", HTTP_PROXY: `http://${NOWHERE}`, TZ: "Nowhere/Never" },
  };
  const command = "npm test -- packages/database deploy/local/provision/src deploy/local/launcher/src";
  return [
    {
      name: "npm test, with all of it",
      variables,
      command,
      ends: true,
      says: [/tests: \d+ passed, 0 failed/],
    },
  ];
}

function noneBut(...names) {
  const others = Object.keys(process.env).filter((name) => !names.includes(name));
  return Object.fromEntries(others.map((name) => [name, undefined]));
}
