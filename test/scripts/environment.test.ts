import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "@flock/provision";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { evaluate, scriptUrl } from "./run-script.js";

describe("the environment of the tools that scripts run", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(() => directory.remove());

  function toolEnvironment(environment: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const code = `import { toolEnvironment } from "${scriptUrl("environment.mjs")}";
      console.log(JSON.stringify(toolEnvironment(${JSON.stringify(environment)})));`;
    return evaluate(code);
  }

  it("has what a tool needs, and where npm and pip fetch from", async () => {
    const given = {
      PATH: "/bin",
      HOME: directory.path,
      https_proxy: "http://proxy",
      NODE_EXTRA_CA_CERTS: "/ca.pem",
      npm_config_registry: "https://registry.example",
      "npm_config_@scope:registry": "https://scope.example",
      "npm_config_//registry.example/:_authToken": "secret",
      NPM_CONFIG_CAFILE: "/ca.pem",
      npm_config_userconfig: "/npmrc",
      npm_config_offline: "true",
      PIP_INDEX_URL: "https://registry.example/simple",
      PIP_CERT: "/ca.pem",
      TMPDIR: directory.path,
    };
    expect(await toolEnvironment(given)).toMatchObject(given);
  });

  it("has nothing that decides what is installed, how it is built, or which tests fail", async () => {
    const given = {
      NODE_ENV: "production",
      NODE_OPTIONS: "--inspect-brk",
      npm_config_omit: "dev",
      NPM_CONFIG_OMIT: "optional",
      npm_config_production: "true",
      npm_config_include: "",
      npm_config_dry_run: "true",
      npm_config_workspace: "api",
      npm_config_workspaces: "true",
      npm_config_prefix: "/nowhere",
      npm_config_global: "true",
      npm_config_ignore_scripts: "true",
      npm_config_os: "win32",
      PIP_TARGET: "/nowhere",
      PIP_USER: "1",
      TURBO_TOKEN: "x",
      TURBO_FORCE: "true",
      PGSSLMODE: "require",
      DATABASE_URL: "x",
      NATS_URL: "x",
      OLLAMA_HOST: "x",
      LOG_LEVEL: "INFO",
      CI: "true",
      FORCE_COLOR: "1",
      LC_ALL: "xx_YY",
      TZ: "Nowhere/Never",
      TMPDIR: "/nowhere",
      HOME: "/nowhere",
    };
    const found = await toolEnvironment(given);
    const ours = Object.entries(found).filter(([name, value]) => given[name as keyof typeof given] === value);
    expect(ours).toEqual([]);
  });

  it("keeps this machine's own addresses from proxies", async () => {
    expect(await toolEnvironment({ NO_PROXY: "intranet" })).toMatchObject({
      NO_PROXY: "intranet,127.0.0.1,localhost,::1",
      no_proxy: "intranet,127.0.0.1,localhost,::1",
    });
  });

  it("has npm's own cache, or one in the checkout where that cannot be written", async () => {
    const cache = async (given: Readonly<Record<string, string>>) =>
      (await toolEnvironment({ HOME: directory.path, ...given }))["npm_config_cache"];
    const writable = join(directory.path, "cache");
    await mkdir(writable);
    await writeFile(join(directory.path, "file"), "");
    expect(await cache({})).toBeUndefined();
    expect(await cache({ npm_config_cache: writable })).toBe(writable);
    const own = join(REPOSITORY_ROOT, ".cache/npm");
    expect(await cache({ npm_config_cache: join(directory.path, "file/cache") })).toBe(own);
    expect(await cache({ HOME: join(directory.path, "file") })).toBe(own);
    // A home that does not exist is not made.
    expect(await cache({ HOME: join(directory.path, "nobody") })).toBe(own);
    expect(existsSync(join(directory.path, "nobody"))).toBe(false);
  });
});
