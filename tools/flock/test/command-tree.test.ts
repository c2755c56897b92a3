import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FLOCK_ERROR_CODES } from "@flock/errors";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { codesOf, EXIT_MEANINGS, type ExitCode } from "../src/faults/exit-codes.js";
import { type CommandPath, commandPaths, GROUPS } from "../src/tree/command-spec.js";
import { COMMANDS } from "../src/tree/commands.js";
import { inTodaysNames } from "../src/tree/old-names.js";
import { runHere } from "./run-here.js";

/* Every command of the tree, by the rules that hold for all. */

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const ALL = commandPaths(COMMANDS).map((path) => ({ ...path, name: path.words.join(" ") }));
const RUNNING = ALL.filter(({ spec }) => spec.load !== undefined);

/** A command line that cannot succeed, because nothing of what it asks is there. */
function vain({ words, spec }: CommandPath, directory: string): string[] {
  const operands = (spec.arguments ?? [])
    .filter(({ name }) => name.startsWith("<"))
    .map(({ choices, name }) => choices?.[0] ?? (name === "<llama>" ? "1" : "x"));
  const needed = (spec.options ?? [])
    .filter(({ isRequired }) => isRequired)
    .flatMap(({ flags }) => [flags.split(" ")[0] ?? "", join(directory, "none")]);
  const yes = (spec.options ?? []).some(({ flags }) => flags === "--yes") ? ["--yes"] : [];
  return [...words, ...operands, ...needed, ...yes, "--data-dir", join(directory, "none")];
}

describe("every command", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(() => directory.remove());

  it("has a summary of one line, a group at the top, and an example that begins with its name", () => {
    expect(RUNNING.length).toBeGreaterThan(70);
    const wrong = ALL.filter(({ spec, name }) => {
      const hasExample = (spec.examples ?? []).some((line) => line.includes(`flock ${name}`));
      const isSummed = /^[^\n]{10,}[^.\n]$/.test(spec.summary);
      return !isSummed || (spec.load !== undefined && !hasExample);
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
    expect(COMMANDS.filter(({ group }) => group === undefined || !GROUPS.includes(group))).toEqual([]);
  });

  it.each(ALL)("tells what it is for, with an example: flock $name --help", async ({ words, spec }) => {
    const { code, stdout, stderr } = await runHere([...words, "--help"], {});
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`Usage: flock ${words.join(" ")}`);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(spec.summary);
    for (const example of spec.examples ?? []) expect(stdout).toContain(example);
  });

  it.each(ALL)("names the right word for a wrong one: flock $name", async ({ words }) => {
    const last = words.at(-1) ?? "";
    const mistyped = `${last.slice(0, 1)}${last.slice(2)}`;
    const { code, stderr } = await runHere([...words.slice(0, -1), mistyped], {});
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`flock ${words.join(" ")}`),
    });
    const wrongOption = await runHere([...words, "--jsno"], {});
    expect(wrongOption.code).toBe(2);
  });

  // What runs another program for ever, or needs nothing to succeed, has tests of its own.
  const OWN =
    /^(up|setup|bench|worker start|doctor|help|completion|context (list|show)|admin access (create|mesh-key|server))$/;

  it.each(RUNNING.filter(({ name }) => !OWN.test(name)))(
    "obeys --json where it fails: flock $name",
    async (path) => {
      const args = [...vain(path, directory.path), "--json"];
      const { code, stdout, stderr } = await runHere(args, { HOME: directory.path, PATH: "/nonexistent" });
      expect(stdout).toBe("");
      const { error } = JSON.parse(stderr);
      expect(error).toEqual({ ...error, code: expect.any(String), message: expect.any(String) });
      const exit = Object.keys(EXIT_MEANINGS).find((each) =>
        // CAST: Object.keys forgets that the keys are numbers.
        codesOf(Number(each) as ExitCode).includes(error.code),
      );
      expect(code).toBe(Number(exit));
      expect(code).not.toBe(0);
      expect(error.code).not.toBe("internal");
    },
  );

  it("has an exit code for every error that there is", () => {
    const known = Object.keys(EXIT_MEANINGS).flatMap((exit) => codesOf(Number(exit) as ExitCode));
    expect(known.toSorted()).toEqual(
      [...FLOCK_ERROR_CODES, "usage", "check_failed", "interrupted"].toSorted(),
    );
  });

  it("names a command elsewhere that has just the word that was typed", async () => {
    const { stderr } = await runHere(["suspense"], {});
    expect(stderr).toContain("did you mean flock admin treasury suspense?");
    expect((await runHere(["worker"], {})).stderr).toContain("start, status, pause");
  });
});

describe("an old name", () => {
  it.each([
    [
      ["balance", "alice"],
      ["admin", "balance", "alice"],
    ],
    [
      ["keys", "create", "--account", "alice"],
      ["admin", "keys", "create", "--account", "alice"],
    ],
    [
      ["--data-dir", "d", "access", "push", "--tree", "t"],
      ["admin", "access", "--data-dir", "d", "push", "--tree", "t"],
    ],
    [
      ["wallet", "--json", "keys"],
      ["keys", "list", "--json"],
    ],
    [
      ["deposit", "--send", "5", "--json"],
      ["deposit", "send", "5", "--json"],
    ],
    [
      ["stake", "2.5"],
      ["stake", "add", "2.5"],
    ],
    [
      ["unstake", "1", "--yes"],
      ["stake", "remove", "1", "--yes"],
    ],
    [
      ["worker", "state"],
      ["worker", "status"],
    ],
  ])("%j is %j", (old, now) => {
    expect(inTodaysNames(old).args).toEqual(now);
    expect(inTodaysNames(old).renamed).toBeDefined();
  });

  it.each([
    [["balance"]],
    [["keys", "create", "--label", "balance"]],
    [["deposit"]],
    [["stake"]],
    [["stake", "add", "2"]],
  ])("is none of %j", (args) => expect(inTodaysNames(args)).toEqual({ args }));

  it("leads nowhere that there is not, and is told on standard error", async () => {
    const { stderr, code } = await runHere(["reserves", "--api-url", "http://127.0.0.1:1"], {});
    expect(stderr).toMatch(/^flock reserves is called flock verify reserves now; .*\nflock: no API answers/);
    expect(code).toBe(6);
  });
});

/** Counts what a process loads; a clock would count what else the machine does. */
const COUNTING = `
import { register } from "node:module";
register("data:text/javascript," + encodeURIComponent(\`
  import { appendFileSync } from "node:fs";
  export async function load(url, context, next) {
    if (url.startsWith("file:")) appendFileSync(\${JSON.stringify(process.env.LOADED_FILE)}, url + "\\\\n");
    return next(url, context);
  }
\`));
`;

describe("what is loaded", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    if (!existsSync(MAIN))
      throw new Error('not built: run "npm run build" first ("npm test" does so itself)');
    directory = await createTestDirectory();
    writeFileSync(join(directory.path, "counting.mjs"), COUNTING);
  });
  afterAll(() => directory.remove());

  const loadedBy = (...args: string[]): string[] => {
    const file = join(directory.path, `loaded-${args.join("-").replaceAll(/\W/g, "")}`);
    const hooks = pathToFileURL(join(directory.path, "counting.mjs")).href;
    const env = { PATH: process.env["PATH"], HOME: directory.path, LOADED_FILE: file };
    execFileSync(process.execPath, ["--import", hooks, MAIN, ...args], { env, cwd: directory.path });
    return readFileSync(file, "utf8").trim().split("\n");
  };

  it.each([["--help"], ["keys create --help"], ["complete -- keys cr"], ["complete -- run ''"]])(
    "is small, and nothing of any command, for flock %s",
    (line) => {
      const loaded = loadedBy(...line.split(" "));
      expect(loaded.length).toBeGreaterThan(10);
      expect(loaded.length).toBeLessThan(50);
      const heavy =
        /\/src\/commands\/|\/dist\/commands\/|zod|web3|nats|observability|packages\/mesh|\/keys\/dist/;
      expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
    },
  );
});
