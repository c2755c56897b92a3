import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MIGRATIONS, migrationFiles, ROOT, SERVICES } from "./schemas.js";

const LIST = "test/schema/released-migrations.json";
/** SHA-256 by path. */
const released = new Map<string, string>(Object.entries(JSON.parse(readFileSync(join(ROOT, LIST), "utf8"))));

const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

/** What is wrong with a file that was released; undefined: nothing. */
function faultOf(path: string, sum: string, text: Buffer | undefined): string | undefined {
  if (text !== undefined && sha256(text) === sum) return undefined;
  const what = text === undefined ? "was removed" : "was changed";
  return `${path} ${what}. A released migration never changes: restore it, and write a new one.`;
}

describe("a released migration", () => {
  it("never changes, and stays", () => {
    const faults = [...released].map(([path, sum]) => {
      return faultOf(path, sum, existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path)) : undefined);
    });
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it("is told to be restored when it was changed, or removed", () => {
    expect(faultOf("a.ts", sha256("one"), Buffer.from("one"))).toBeUndefined();
    expect(faultOf("a.ts", sha256("one"), Buffer.from("two"))).toContain("a.ts was changed. A released");
    expect(faultOf("a.ts", sha256("one"), undefined)).toContain("a.ts was removed. A released");
  });

  it("is in the list with its checksum, as each file that there is", () => {
    const present = SERVICES.flatMap(migrationFiles);
    const missing = present.filter((path) => !released.has(path));
    const lines = missing.map((path) => `"${path}": "${sha256(readFileSync(join(ROOT, path)))}"`);
    // To be added to released-migrations.json:
    expect(lines).toEqual([]);
  });

  it("is of a service in this list, if the service has any", () => {
    const folders = readdirSync(join(ROOT, "services")).filter((name) =>
      existsSync(join(ROOT, "services", name, "src/migrations")),
    );
    expect(folders.sort()).toEqual([...SERVICES].sort());
  });

  it("is run: each file beside the list is one of the service's migrations", () => {
    for (const service of SERVICES) {
      const files = migrationFiles(service).map((path) => path.split("/migrations/")[1] ?? "");
      const names = files.filter((name) => !name.includes("/")).map((name) => name.replace(/\.ts$/, ""));
      expect([service, Object.keys(MIGRATIONS[service])]).toEqual([service, names]);
    }
  });

  it("depends on nothing that changes: it imports its own parts and Kysely", () => {
    const foreign = SERVICES.flatMap(migrationFiles).flatMap((path) =>
      [...readFileSync(join(ROOT, path), "utf8").matchAll(/from "([^"]+)"/g)]
        .map((match) => match[1] ?? "")
        .filter((from) => from !== "kysely" && !/^\.\/\d{4}-[\w-]+\/[\w-]+\.js$/.test(from))
        .map((from) => `${path}: ${from}`),
    );
    expect(foreign).toEqual([]);
  });
});
