import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { type Run, runHere } from "./run-here.js";

describe("flock context", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(() => directory.remove());

  const flock = (args: readonly string[], environment: Record<string, string> = {}): Promise<Run> =>
    runHere(["--data-dir", join(directory.path, "mesh"), "context", ...args], {
      XDG_CONFIG_HOME: directory.path,
      ...environment,
    });
  const shown = async (args: readonly string[], environment: Record<string, string> = {}) =>
    JSON.parse((await flock(["show", "--json", ...args], environment)).stdout);

  it("keeps networks by name, for their owner's eyes, and no key", async () => {
    expect(
      (await flock(["set", "work", "--api-url", "https://a.example/", "--key-file", "key.txt"])).code,
    ).toBe(0);
    expect((await flock(["set", "home", "--api-url", "http://b.example"])).stdout).not.toContain("in use");
    await flock(["set", "work", "--wallet", "/w.json"]);
    const file = join(directory.path, "flock/contexts.json");
    expect((await stat(file)).mode & 0o077).toBe(0);
    expect(JSON.parse(await readFile(file, "utf8")).contexts.work).toEqual({
      apiUrl: "https://a.example",
      keyFile: join(process.cwd(), "key.txt"),
      wallet: "/w.json",
    });
    expect((await flock(["list"])).stdout).toContain("work  in use  https://a.example");
  });

  it("counts a flag more than a variable, that more than the context, and the local mesh least", async () => {
    const local = { apiUrl: "http://local", demoWalletFile: "/demo.json", apiKey: "flk_local" };
    await writeFile(join(directory.path, "local.json"), JSON.stringify(local));
    const atMesh = ["--data-dir", directory.path];
    const bare = { XDG_CONFIG_HOME: "/nonexistent" };
    expect((await shown(atMesh, bare)).api_url).toEqual({
      value: "http://local",
      from: `${directory.path}/local.json`,
    });
    expect((await shown(atMesh)).api_url).toEqual({ value: "https://a.example", from: "context work" });
    expect((await shown([], { FLOCK_CONTEXT: "home" })).api_url.value).toBe("http://b.example");
    expect((await shown(["--context", "work"], { FLOCK_CONTEXT: "home" })).api_url.value).toBe(
      "https://a.example",
    );
    const environment = {
      FLOCK_API_URL: "http://env",
      FLOCK_WALLET: "/env.json",
      FLOCK_API_KEY: "flk_12345678",
    };
    expect(await shown([], environment)).toEqual({
      context: { value: "work", from: "flock context use" },
      api_url: { value: "http://env", from: "FLOCK_API_URL" },
      key: { value: "flk_1234…", from: "FLOCK_API_KEY" },
      wallet: { value: "/env.json", from: "FLOCK_WALLET" },
    });
    const flags = ["--api-url", "http://flag", "--wallet", "/flag.json"];
    expect(await shown(flags, environment)).toMatchObject({
      api_url: { value: "http://flag", from: "--api-url" },
      wallet: { value: "/flag.json", from: "--wallet" },
    });
  });

  it("uses and forgets them, and names the near one for one that there is not", async () => {
    expect((await flock(["use", "hoem"])).stderr).toContain("did you mean home?");
    expect((await flock(["use", "home"])).code).toBe(0);
    expect((await shown([])).api_url.value).toBe("http://b.example");
    expect((await flock(["remove", "home"])).stdout).toContain("none is in use now");
    expect((await shown([])).api_url).toBeNull();
    expect((await flock(["use", "-"])).code).toBe(0);
    expect((await flock(["set", "../x", "--api-url", "http://c"])).code).toBe(2);
    expect((await flock(["set", "c"])).stderr).toContain("name its API with --api-url");
    expect((await flock(["set", "c", "--api-url", "ftp://c"])).code).toBe(2);
    await writeFile(join(directory.path, "flock/contexts.json"), "[]");
    expect((await flock(["list"])).code).toBe(4);
  });
});
