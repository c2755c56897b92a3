import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import fc from "fast-check";
import { applyEdits } from "../src/setup/apply.js";
import { toolPlacesOf } from "../src/setup/tool-places.js";
import { undoEdits } from "../src/setup/undo.js";
import { WrittenRecord } from "../src/setup/written-record.js";
import { type Run, runHere } from "./run-here.js";
import { lines, yamlText, zedText } from "./setup-arbitraries.js";
import { API_KEY, linux, OTHER_TARGET, planOf, TARGET } from "./setup-target.js";

/* "flock setup" on real files in a home of its own, against a stand-in for the api. */

const OTHER_KEY = OTHER_TARGET.apiKey;
const FILES = [".config/zed/settings.json", ".continue/config.yaml", ".aider.conf.yml", ".zshrc"];

describe("flock setup", () => {
  let network: Server;
  let url: string;
  let directory: TestDirectory;
  let home: string;
  let printed = "";

  beforeAll(async () => {
    network = createServer(({ url: path, headers }, response) => {
      const isKnown = [API_KEY, OTHER_KEY].some((key) => headers.authorization === `Bearer ${key}`);
      if (path === "/api/tags") response.writeHead(isKnown ? 200 : 401).end("{}");
      else if (path !== "/flock/v1/models") response.writeHead(404).end();
      else
        response.end(
          JSON.stringify({
            models: [...TARGET.models, { name: "away:1b", contextLength: null, capabilities: [] }].map(
              (model) => ({
                name: model.name,
                digest: "d",
                prompt_price_micro: "1",
                completion_price_micro: "3",
                context_length: model.contextLength,
                capabilities: model.capabilities,
                is_available: model.name !== "away:1b",
              }),
            ),
          }),
        );
    });
    await new Promise<void>((resolve) => network.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(network.address() as AddressInfo).port}`;
    directory = await createTestDirectory();
  });
  afterAll(async () => {
    network.closeAllConnections();
    await new Promise((resolve) => network.close(resolve));
    await directory.remove();
    expect(printed).not.toBe("");
    expect(printed).not.toContain(API_KEY);
    expect(printed).not.toContain(OTHER_KEY);
  });
  beforeEach(async () => {
    // What a shell takes apart unless it is quoted.
    home = join(directory.path, `${Math.random()}`, "it's a home");
    await mkdir(home, { recursive: true });
  });

  async function setup(args: readonly string[], environment: Record<string, string> = {}): Promise<Run> {
    const own = {
      ...{ HOME: home, XDG_CONFIG_HOME: "", SHELL: "/bin/zsh", PATH: "" },
      ...{ FLOCK_API_URL: url, FLOCK_API_KEY: API_KEY },
    };
    const run = await runHere(["setup", ...args], { ...own, ...environment });
    printed += run.stdout + run.stderr;
    return run;
  }
  const put = async (file: string, text: string, mode = 0o644) => {
    await mkdir(dirname(join(home, file)), { recursive: true });
    await writeFile(join(home, file), text);
    await chmod(join(home, file), mode);
  };
  const read = (file: string) => readFile(join(home, file), "utf8");
  const modeOf = async (file: string) => (await stat(join(home, file))).mode & 0o777;
  const allFiles = async () => {
    const found = await readdir(home, { recursive: true, withFileTypes: true });
    return found.filter((each) => !each.isDirectory()).map(({ name }) => name);
  };

  it("lists the tools, which of them are here, and what each gets", async () => {
    await put(".config/zed/settings.json", "{}");
    const { tools } = JSON.parse((await setup(["--json"])).stdout) as {
      tools: { tool: string; is_here: unknown }[];
    };
    expect(tools.map(({ tool, is_here: isHere }) => [tool, isHere])).toEqual([
      ["open-webui", null],
      ["continue", false],
      ["zed", true],
      ["aider", false],
      ["cursor", false],
      ["ollama", false],
      ["langchain", null],
      ["sdk", null],
    ]);
    expect((await setup([])).stdout).toMatch(/^ollama +Ollama's command line +no +no +OLLAMA_HOST$/m);
  });

  it("enters the network, does nothing the second time, and undoes it byte by byte", async () => {
    const before = new Map([
      [FILES[0], '// mine\n{\n\t"theme": "One", // dark\n}\n'],
      [FILES[1], "name: mine\r\nversion: 1.0.0\r\nschema: v1\r\nmodels: [] # none"],
      [FILES[2], "# mine\ndark-mode: true"],
      [FILES[3], "alias l=ls\n"],
    ] as [string, string][]);
    for (const [file, text] of before) await put(file, text, 0o664);
    for (const tool of ["zed", "continue", "aider", "ollama"]) {
      const args = [tool, "--yes", ...(tool === "ollama" ? ["--profile"] : [])];
      const first = await setup(args);
      expect({ tool, ...first }).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^(create|change): /),
      });
      const [files, again] = [await allFiles(), await setup([...args, "--json"])];
      expect(
        new Set(JSON.parse(again.stdout).changes.map(({ action }: { action: string }) => action)),
      ).toEqual(new Set(["keep"]));
      expect(await allFiles()).toEqual(files);
    }
    for (const [file, text] of before) expect(await read(file)).not.toBe(text);
    expect(await Promise.all(FILES.map(modeOf))).toEqual([0o664, 0o664, 0o600, 0o664]);
    for (const tool of ["zed", "continue", "aider", "ollama"])
      expect(await setup([tool, "--undo"])).toMatchObject({ code: 0 });
    for (const [file, text] of before) expect([file, await read(file)]).toEqual([file, text]);
    expect(await Promise.all(FILES.map(modeOf))).toEqual([0o664, 0o664, 0o664, 0o664]);
    expect((await allFiles()).sort()).toEqual(
      [...FILES.map((file) => file.split("/").at(-1)), "setup.json"].sort(),
    );
  });

  it("replaces a key or a URL that has changed, and still undoes to what was before the first time", async () => {
    await put(".aider.conf.yml", "dark-mode: true\n");
    await setup(["aider"]);
    await setup(["aider"], { FLOCK_API_KEY: OTHER_KEY });
    const text = await read(".aider.conf.yml");
    expect([text.includes(OTHER_KEY), text.includes(API_KEY)]).toEqual([true, false]);
    expect((await allFiles()).filter((name) => name.includes("flock-backup"))).toHaveLength(1);
    expect((await setup(["aider", "--undo"])).stdout).toMatch(/^restore: /);
    expect(await read(".aider.conf.yml")).toBe("dark-mode: true\n");
  });

  it("takes out our entries alone if somebody has changed the file since, and says so", async () => {
    await put(FILES[0] ?? "", '{\n  "a": 1, // one\n}\n');
    await put(".continue/config.yaml", "name: mine\nversion: 1.0.0\nschema: v1\n");
    for (const tool of ["zed", "continue"]) await setup([tool]);
    await put(FILES[0] ?? "", (await read(FILES[0] ?? "")).replace('"a": 1', '"a": 2'));
    await put(".continue/config.yaml", `${await read(".continue/config.yaml")}rules: []\n`);
    expect((await setup(["zed", "--undo"])).stdout).toContain("it was changed since");
    expect((await setup(["continue", "--undo"])).stdout).toContain("it was changed since");
    expect(await read(FILES[0] ?? "")).toBe('{\n  "a": 2, // one\n}\n');
    expect(await read(".continue/config.yaml")).toBe("name: mine\nversion: 1.0.0\nschema: v1\nrules: []\n");
    expect(await setup(["zed", "--undo"])).toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("has written nothing here"),
    });
  });

  it("undoes also what it finds written when its record is lost", async () => {
    await put(".aider.conf.yml", "dark-mode: true\n");
    await setup(["aider"]);
    await rm(join(home, ".config/flock/setup.json"));
    expect((await setup(["aider", "--undo"])).stderr).toContain("has written nothing here");
    await setup(["aider"]);
    await setup(["aider", "--undo"]);
    expect(await read(".aider.conf.yml")).toBe("dark-mode: true\n");
  });

  it("tells what it would do, and does nothing, with --dry-run", async () => {
    await put(".aider.conf.yml", "dark-mode: true\n");
    const { stdout, stderr } = await setup(["aider", "--dry-run"]);
    expect(stderr).toMatch(/^Nothing is written: /);
    expect(stdout).toContain('  + openai-api-key: "flk_4444…"');
    await setup(["aider"]);
    const written = await read(".aider.conf.yml");
    expect((await setup(["aider", "--undo", "--dry-run"])).stdout).toContain("restore: ");
    expect(await read(".aider.conf.yml")).toBe(written);
  });

  it("shows no secret of somebody else's beside our entries", async () => {
    await put(".config/zed/settings.json", `{\n  "token": "ghp_${"x".repeat(36)}"\n}\n`);
    const { stdout } = await setup(["zed", "--dry-run"]);
    expect(stdout).toContain('-   "token": "ghp_xxxx…"\n');
  });

  it("writes all files of a tool, or none", async () => {
    await put(".continue/config.yaml", "name: mine\nversion: 1.0.0\nschema: v1\n");
    await put(".continue/.env", "FLOCK_API_KEY=mine\n");
    expect(await setup(["continue"])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(".env, line 1: FLOCK"),
    });
    expect(await read(".continue/config.yaml")).toBe("name: mine\nversion: 1.0.0\nschema: v1\n");
    expect(await allFiles()).toHaveLength(2);
  });

  it("changes what a link leads to, and refuses what is no file of text", async () => {
    await put("dotfiles/aider.yml", "dark-mode: true\n");
    await symlink("dotfiles/aider.yml", join(home, ".aider.conf.yml"));
    await setup(["aider"]);
    expect(await readlink(join(home, ".aider.conf.yml"))).toBe("dotfiles/aider.yml");
    expect(await read("dotfiles/aider.yml")).toContain("openai-api-base");
    await setup(["aider", "--undo"]);
    expect(await read("dotfiles/aider.yml")).toBe("dark-mode: true\n");
    await symlink("nowhere", join(home, ".zshrc"));
    const profile = await setup(["ollama", "--yes", "--profile"]);
    expect(profile.stderr).toContain(".zshrc is a link that leads nowhere");
    await mkdir(join(home, ".config/zed/settings.json"), { recursive: true });
    expect((await setup(["zed"])).stderr).toContain("settings.json is no file");
    await mkdir(join(home, ".continue"));
    await writeFile(join(home, ".continue/config.yaml"), Buffer.from([0x61, 0xff]));
    expect((await setup(["continue"])).stderr).toContain("is no text in UTF-8");
  });

  it.each([
    [["zde"], {}, 2, "did you mean zed?"],
    [["zed"], {}, 4, "Zed was not found on this machine\nwith --yes"],
    [["sdk"], { FLOCK_API_KEY: `flk_${"6".repeat(43)}` }, 3, "does not know the key from FLOCK_API_KEY"],
    [["sdk"], { FLOCK_API_KEY: "sk-something" }, 2, "FLOCK_API_KEY has no key of the form"],
    [["sdk"], { FLOCK_API_KEY: "" }, 4, "name a file that has it with --key-file"],
    [["sdk", "--model", "flock-tyni"], {}, 4, "no model 'flock-tyni' here\ndid you mean flock-tiny?"],
    [["sdk", "--key-file", "/nowhere"], {}, 4, "there is no key file /nowhere"],
    [["sdk"], { FLOCK_API_URL: "http://h/$(id)" }, 2, "has signs that no tool's settings take"],
  ])("refuses %j with %j", async (args, environment, code, message) => {
    expect(await setup(args, environment)).toEqual({
      code,
      stdout: "",
      stderr: expect.stringContaining(message),
    });
    expect(await allFiles()).toEqual([]);
  });

  it("leaves Continue alone while it has a config.json and no config.yaml", async () => {
    await put(".continue/config.json", "{}");
    expect((await setup(["continue"])).stderr).toContain("Continue would no longer read it");
  });

  it("enters the models that are asked for, also those that are away", async () => {
    await setup(["aider", "--yes", "--model", "away:1b", "--model", "flock-tiny"]);
    expect(await read(".aider.conf.yml")).toContain('model: "openai/away:1b"');
  });

  it("takes the key of a context, for its network alone", async () => {
    await put("key.txt", `${OTHER_KEY}\n`);
    const work = { apiUrl: url, keyFile: join(home, "key.txt") };
    await put(".config/flock/contexts.json", JSON.stringify({ current: "work", contexts: { work } }));
    expect(await setup(["sdk"], { FLOCK_API_KEY: "", FLOCK_API_URL: "" })).toMatchObject({ code: 0 });
    expect(await read(".config/flock/sdk.env")).toContain(OTHER_KEY);
    expect((await setup(["sdk"], { FLOCK_API_KEY: "" })).stderr).toContain("which key?");
  });

  it("tells what is to be done by hand as its answer, where that is all", async () => {
    expect(await setup(["cursor"])).toEqual({
      code: 0,
      stdout: expect.stringContaining(`enter ${url}/v1`),
      stderr: "",
    });
  });

  it("takes the demo key of the local mesh, for the local mesh alone", async () => {
    await put("data/local.json", JSON.stringify({ apiUrl: url, apiKey: OTHER_KEY }));
    const local = ["--data-dir", join(home, "data")];
    await setup(["sdk", ...local], { FLOCK_API_KEY: "", FLOCK_API_URL: "" });
    expect(await read(".config/flock/sdk.env")).toContain(OTHER_KEY);
    const elsewhere = { FLOCK_API_KEY: "", FLOCK_API_URL: url.replace("127.0.0.1", "localhost") };
    expect((await setup(["sdk", ...local], elsewhere)).stderr).toContain("which key?");
  });

  it("has shells know the variables: by the line that it tells, and by the profile", async () => {
    const { stderr } = await setup(["sdk"]);
    const told = /^In your shell, load it: (.*)$/m.exec(stderr)?.[1] ?? "";
    await setup(["sdk", "--profile"]);
    for (const [shell, options, script] of [
      ["/bin/sh", [], told],
      ["/bin/bash", ["--norc"], '. "$HOME/.zshrc"'],
    ] as const) {
      const env = { HOME: home, PATH: "/usr/bin:/bin" };
      const run = await promisify(execFile)(shell, [...options, "-euc", `${script}\nenv`], { env });
      const known = run.stdout.split("\n");
      expect(known).toContain(`OPENAI_BASE_URL=${url}/v1`);
      expect(known).toContain(`ANTHROPIC_API_KEY=${API_KEY}`);
    }
    expect(await read(".zshrc")).not.toContain("flk_");
    expect(await modeOf(".config/flock/sdk.env")).toBe(0o600);
    await setup(["sdk", "--undo"]);
    expect(await allFiles()).toEqual(["setup.json"]);
  });

  it("gives files back as they were, whatever they were, with their modes", async () => {
    const places = linux(home);
    const texts = { zed: zedText, continue: yamlText, aider: yamlText, sdk: lines };
    const anyCase = fc.constantFrom(...(["zed", "continue", "aider", "sdk"] as const)).chain((tool) =>
      fc.record({
        tool: fc.constant(tool),
        text: texts[tool],
        mode: fc.constantFrom(0o600, 0o644, 0o755),
      }),
    );
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ tool, text, mode }) => {
        const { edits } = planOf(tool, TARGET, places, true);
        const file = edits.at(tool === "sdk" ? -1 : 0)?.file.slice(home.length) ?? "";
        await put(file, text, mode);
        const doing = { now: new Date(0), isDryRun: false };
        await applyEdits(tool, edits, await WrittenRecord.open(places), doing);
        expect(await read(file)).not.toBe(text);
        await undoEdits(tool, await WrittenRecord.open(places), false);
        expect([await read(file), await modeOf(file)]).toEqual([text, mode]);
      }),
      { numRuns: 40 },
    );
    expect((await allFiles()).filter((name) => name.includes("backup") || name.includes("tmp"))).toEqual([]);
  });
});

describe("the places of tools", () => {
  it("are those of Linux, macOS and Windows", () => {
    const of = (platform: NodeJS.Platform, environment: Record<string, string>, home: string) => {
      const { zedSettings, continueFolder, cursorFolder, flockFolder, profile } = toolPlacesOf(
        { HOME: home, ...environment },
        platform,
      );
      return [zedSettings, continueFolder, cursorFolder, flockFolder, profile?.file];
    };
    expect(
      of("linux", { XDG_CONFIG_HOME: "/x", SHELL: "/usr/bin/fish", CONTINUE_GLOBAL_DIR: "/c" }, "/h"),
    ).toEqual(["/x/zed/settings.json", "/c", "/x/Cursor", "/x/flock", "/x/fish/config.fish"]);
    expect(of("darwin", { SHELL: "/bin/bash", XDG_CONFIG_HOME: "relative" }, "/Users/a")).toEqual([
      "/Users/a/.config/zed/settings.json",
      "/Users/a/.continue",
      "/Users/a/Library/Application Support/Cursor",
      "/Users/a/.config/flock",
      "/Users/a/.bash_profile",
    ]);
    expect(of("win32", { APPDATA: "C:\\Users\\a\\AppData\\Roaming" }, "C:\\Users\\a")).toEqual([
      "C:\\Users\\a\\AppData\\Roaming\\Zed\\settings.json",
      "C:\\Users\\a\\.continue",
      "C:\\Users\\a\\AppData\\Roaming\\Cursor",
      "C:\\Users\\a\\AppData\\Roaming\\flock",
      undefined,
    ]);
    const windows = toolPlacesOf({ USERPROFILE: "C:\\Users\\a" }, "win32");
    expect(planOf("ollama", TARGET, windows).steps.join()).toContain("Get-Content 'C:\\Users\\a");
    expect(() => planOf("ollama", TARGET, windows, true)).toThrow("notepad $PROFILE");
  });
});
