import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/* SECURITY.md claims much. Each of its claims has a test, which is named and is there. */

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const [, attacks = ""] = read("SECURITY.md").split("\n## Attacks\n");
const rows = attacks
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (attack|---) /.test(line))
  .map((line) => line.slice(1, -1).split("|"))
  .map((cells) => cells.map((cell) => cell.trim()))
  .map(([attack = "", closedBy = "", remains = "", test = "", ...more]) => ({
    attack,
    closedBy,
    remains,
    test,
    more,
  }));

/** A link to a test's file and the words of its title, or their beginning. */
const NAMED = /^\[[^\]]+\]\(([^)]+)\): \*([^*]+)\*$/;

describe("the table of attacks", () => {
  it("has rows, each of which says what closes the attack, and names one test", () => {
    expect(rows.length).toBeGreaterThan(35);
    const odd = rows.filter(
      ({ closedBy, test, more }) => closedBy === "" || more.length > 0 || !NAMED.test(test),
    );
    expect(odd).toEqual([]);
  });

  it.each(rows)("names a test that is there: $attack", ({ test }) => {
    const [, path = "", sentence = ""] = NAMED.exec(test) ?? [];
    expect(path).toMatch(/\.test\.ts$/);
    expect(existsSync(join(ROOT, path))).toBe(true);
    expect(read(path)).toContain(sentence);
  });
});
