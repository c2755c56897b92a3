import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const CONFIG = join(import.meta.dirname, "../vite.config.ts");
const VITE = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin/vite.js");

describe("the build of the console", () => {
  it("ends where something imports a module of Node, which would only fail in the browser", async () => {
    const root = await mkdtemp(join(tmpdir(), "flock-console-build-"));
    try {
      await writeFile(join(root, "index.html"), '<script type="module" src="./entry.js"></script>\n');
      await writeFile(join(root, "entry.js"), 'import { strict } from "node:assert"; strict(true);\n');
      // A process of its own, because the bundler's native part refuses objects of jest's realm.
      const building = promisify(execFile)(process.execPath, [VITE, "build", root, "--config", CONFIG]);
      await expect(building).rejects.toThrow(/entry\.js imports node:assert, which browsers do not have/);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
