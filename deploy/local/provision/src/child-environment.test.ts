import {
  downloadEnvironment,
  foreignEnvironment,
  ignoreForeignVariables,
  nodeEnvironment,
} from "./child-environment.js";

/** What a shell may hold, and what would stop, redirect or change a part if it were passed on. */
const ODD = {
  NODE_ENV: "production",
  NODE_OPTIONS: "--require=/nowhere.js",
  NODE_USE_ENV_PROXY: "1",
  PGSSLMODE: "require",
  PGDATA: "/nowhere",
  PGPORT: "1",
  PGOPTIONS: "-c default_transaction_read_only=on",
  LC_ALL: "xx_YY",
  LANG: "xx_YY",
  TZ: "Nowhere/Never",
  GOMAXPROCS: "0",
  GODEBUG: "x",
  CHAIN_ID: "1",
  API_PORT: "80",
  API_HOST: "0.0.0.0",
  ENGINE_ROOM: "1",
  LOG_LEVEL: "INFO",
  DATABASE_URL: "postgres://x",
  NATS_URL: "nats://x",
  DRAIN_TIMEOUT_MS: "soon",
  npm_config_omit: "dev",
  TAR_OPTIONS: "--no-such-option",
};
const USUAL = { PATH: "/bin", HOME: "/root", TMPDIR: "/tmp", FLOCK_TEST_MESH: "1" };
const PROXY = { https_proxy: "http://proxy", NO_PROXY: "a" };
const TRUST = { NODE_EXTRA_CA_CERTS: "/ca.pem", LD_LIBRARY_PATH: "/lib" };
const SHELL = { ...ODD, ...USUAL, ...PROXY, ...TRUST };

describe("what a child is given of the shell's environment", () => {
  it("is what a program needs, whatever else the shell holds", () => {
    expect(nodeEnvironment(SHELL)).toEqual({ ...USUAL, ...TRUST });
    expect(foreignEnvironment(SHELL)).toEqual({ ...USUAL, LC_ALL: "C" });
    expect(downloadEnvironment(SHELL)).toEqual({ ...USUAL, ...PROXY, LC_ALL: "C" });
  });
});

describe("ignoreForeignVariables", () => {
  it("removes what would complete the URL of our own PostgreSQL, and nothing else", () => {
    const environment: NodeJS.ProcessEnv = { ...SHELL };
    ignoreForeignVariables(environment);
    expect(Object.keys(environment).filter((name) => name.startsWith("PG"))).toEqual([]);
    expect(environment).toMatchObject(USUAL);
  });

  it("keeps all that is asked from proxies", () => {
    const environment: NodeJS.ProcessEnv = { ...SHELL };
    ignoreForeignVariables(environment);
    expect(environment).toMatchObject({ NO_PROXY: "*", no_proxy: "*" });
  });
});
