import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@flock/observability";
import { z } from "zod";
import { readEnvironment, sharedPorts } from "./read-environment.js";
import { databaseUrl, integer, logLevel, port } from "./variables.js";

const shape = {
  DEMO_PORT: port.default(80),
  DEMO_SECOND_PORT: port.default(0),
  DEMO_NAME: z.string().optional(),
  DATABASE_URL: databaseUrl.default("postgres://localhost/demo"),
  LOG_LEVEL: logLevel,
};

const read = (environment: Record<string, string | undefined>) =>
  readEnvironment(shape, environment, { prefix: "DEMO_", check: sharedPorts });

describe("readEnvironment", () => {
  it("gives each variable its value or its default, and nothing of what belongs to others", () => {
    const environment = { DEMO_PORT: "81", DEMO_NAME: "", LOG_LEVEL: "WARNING", HOME: "/root" };
    expect(read(environment)).toEqual({
      DEMO_PORT: 81,
      DEMO_SECOND_PORT: 0,
      DATABASE_URL: "postgres://localhost/demo",
      LOG_LEVEL: "warn",
    });
  });

  it("refuses a variable of its own prefix that it does not know, by its name, even if it is named like a method", () => {
    expect(() => read({ DEMO_PROT: "81" })).toThrow("bad configuration: DEMO_PROT: no such variable");
    expect(() => readEnvironment({}, { toString: "x" }, { prefix: "to" })).toThrow(
      "toString: no such variable",
    );
  });

  it("takes no notice of one that is empty, or of another program's", () => {
    expect(read({ DEMO_PROT: "", DEMOPORT: "1", OTHER_PROT: "1", demo_prot: "1" })).toMatchObject({
      DEMO_PORT: 80,
    });
  });

  it("tells all faults at once", () => {
    const environment = { DEMO_PORT: "http", DEMO_PROT: "81", LOG_LEVEL: "loud" };
    expect(() => read(environment)).toThrow(
      /^bad configuration: DEMO_PORT: .*; LOG_LEVEL: .*; DEMO_PROT: no such variable$/,
    );
  });

  it("tells what is wrong between variables, beside what is unknown", () => {
    const environment = { DEMO_SECOND_PORT: "80", DEMO_PROT: "81" };
    expect(() => read(environment)).toThrow(
      "bad configuration: DEMO_PORT and DEMO_SECOND_PORT are both 80; DEMO_PROT: no such variable",
    );
  });

  it("takes a secret from a file that its variable with _FILE names, and says what is wrong with that", async () => {
    const directory = await mkdtemp(join(tmpdir(), "flock-configuration-"));
    const file = join(directory, "url");
    await writeFile(file, "postgres://u:from-a-file@h/x\n");
    expect(read({ DATABASE_URL_FILE: file })).toMatchObject({ DATABASE_URL: "postgres://u:from-a-file@h/x" });
    const environment = { DATABASE_URL: "postgres://h/x", DATABASE_URL_FILE: file };
    expect(() => read(environment)).toThrow("DATABASE_URL and DATABASE_URL_FILE are both set");
    const missing = `${file}-that-is-not-there`;
    expect(() => read({ DATABASE_URL_FILE: missing })).toThrow(
      `DATABASE_URL_FILE: ${missing} cannot be read`,
    );
    // Of a variable that holds no secret there is no such thing.
    expect(() => read({ DEMO_NAME_FILE: file })).toThrow("DEMO_NAME_FILE: no such variable");
    await rm(directory, { recursive: true });
  });

  it("keeps the secrets that it has read out of every log", () => {
    read({ DATABASE_URL: "postgres://u:never%20logged@h/x" });
    const lines: string[] = [];
    const logger = createLogger("test", "info", { write: (line) => void lines.push(line) });
    logger.info({ err: new Error("cannot reach postgres://u:never%20logged@h/x") }, "as never logged");
    expect(lines.join("")).toContain("postgres://u:[redacted]@h/x");
    expect(lines.join("")).not.toMatch(/never.*logged/);
  });

  it("says of a database's URL that it is none, and never what it is", () => {
    const refused = () => read({ DATABASE_URL: "mysql://u:hunter2@h/x" });
    expect(refused).toThrow("DATABASE_URL: must be a postgres:// URL");
    expect(refused).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hunter2") }));
  });
});

describe("integer", () => {
  it.each([
    ["1", true],
    ["5", true],
    ["0", false],
    ["6", false],
    ["1.5", false],
    ["many", false],
  ])("between 1 and 5, given %s: %s", (text, isTaken) => {
    expect(integer(1, 5).safeParse(text).success).toBe(isTaken);
  });
});
