import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SOURCES = join(import.meta.dirname, "../src");

const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .map((path) => ({ path: path.replaceAll("\\", "/"), text: readFileSync(join(SOURCES, path), "utf8") }));

describe("the ledger's sources", () => {
  it("ask the database only in store, migrations and the audit", () => {
    const asking = files.filter(({ text }) =>
      /\.query\b|\bsql`|\bkysely\b|\b(SELECT|INSERT INTO|UPDATE|DELETE FROM) /.test(text),
    );
    expect(asking.length).toBeGreaterThan(20);
    expect(
      asking.map(({ path }) => path).filter((path) => !/^(store|migrations|audit)\//.test(path)),
    ).toEqual([]);
  });

  it("have nothing in them that only tests and benches run", () => {
    expect(files.map(({ path }) => path).filter((path) => /^(load|test)|testing/.test(path))).toEqual([]);
  });
});
