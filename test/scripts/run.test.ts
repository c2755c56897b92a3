import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "@flock/provision";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe("run.cjs", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(() => directory.remove());

  /** In a checkout of this name that has one script, which prints its arguments, and needs such a Node. */
  async function runIn(name: string, engines?: string): Promise<Run> {
    const scripts = join(directory.path, name, "scripts");
    await mkdir(scripts, { recursive: true });
    await cp(join(REPOSITORY_ROOT, "scripts/run.cjs"), join(scripts, "run.cjs"));
    const root = readFileSync(join(REPOSITORY_ROOT, "package.json"), "utf8");
    const needed = engines ?? (JSON.parse(root) as { engines: { node: string } }).engines.node;
    await writeFile(join(scripts, "../package.json"), JSON.stringify({ engines: { node: needed } }));
    await writeFile(join(scripts, "say.mjs"), "console.log(JSON.stringify(process.argv.slice(2)));\n");
    const args = ["scripts/run.cjs", "say", "--an-option", "its value"];
    return new Promise((resolve) => {
      execFile(process.execPath, args, { cwd: join(scripts, "..") }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  }

  it.each(["plain", "c#sharp", "what?", "100%25", `it's "a" [b] $HOME & é`])(
    "runs a script in %s",
    async (name) => {
      expect(await runIn(name)).toEqual({ code: 0, stdout: '["--an-option","its value"]\n', stderr: "" });
    },
  );

  it.each([
    ["back\\slash", "\\"],
    ["co:lon", ":"],
  ])("says in its own words why it cannot in %s", async (name, character) => {
    const { code, stderr } = await runIn(name);
    expect(code).toBe(1);
    expect(stderr).toContain(`cannot be built in a directory whose path has a "${character}"`);
    expect(stderr).toContain(`Rename or move ${join(directory.path, name)}`);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("says in its own words which Node it needs", async () => {
    const { code, stdout, stderr } = await runIn("young", ">=99.5");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`this is Node ${process.versions.node}, and FlockOllamas needs 99.5 or newer.`);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
