import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "@flock/provision";

const read = (path: string) => readFileSync(join(REPOSITORY_ROOT, path), "utf8");
/** What others here need, or what none but a test asks for. */
const NOT_CLIENTS = /^(@flock\/.+|@langchain\/core|zod)$/;

describe("docs/api.md", () => {
  it("names the versions of the client libraries that are tested", () => {
    const { devDependencies } = JSON.parse(read("test/conformance/package.json")) as {
      devDependencies: Record<string, string>;
    };
    const fromNpm = Object.entries(devDependencies).filter(([name]) => !NOT_CLIENTS.test(name));
    const fromPyPi = [...read("test/conformance/python/requirements.txt").matchAll(/^(\S+)==(\S+)$/gm)]
      .map(([, name = "", version = ""]) => [name, version] as const)
      .filter(([name]) => ["ollama", "openai", "anthropic"].includes(name));
    expect([fromNpm.length, fromPyPi.length]).toEqual([10, 3]);
    const document = read("docs/api.md");
    for (const [name, version] of [...fromNpm, ...fromPyPi])
      expect(document).toContain(`| \`${name}\` | ${version} |`);
  });
});
