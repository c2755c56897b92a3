import { shellSettings } from "./shell-settings.js";

const read = (environment: NodeJS.ProcessEnv) => shellSettings(environment, { usesOllama: true });

describe("shellSettings", () => {
  it("needs nothing, and takes empty variables for none", () => {
    const nothing = {
      databaseVariables: {},
      ollamaUrl: "http://127.0.0.1:11434",
      namesOllama: false,
      remarks: [],
    };
    expect(read({})).toEqual(nothing);
    expect(read({ DATABASE_URL: "", NATS_URL: "", OLLAMA_HOST: "", LOG_LEVEL: "" })).toEqual(nothing);
  });

  it("heeds what replaces a part, and says so without its value", () => {
    const settings = read({ DATABASE_URL: "postgres://u:secret@db/flock", NATS_URL: "nats://u:secret@n" });
    expect(settings).toMatchObject({
      databaseUrl: "postgres://u:secret@db/flock",
      natsUrl: "nats://u:secret@n",
    });
    expect(settings.remarks).toHaveLength(2);
    expect(settings.remarks.join()).toMatch(/NATS_URL.*DATABASE_URL/);
    expect(settings.remarks.join()).not.toContain("secret");
  });

  it("takes the variables of PostgreSQL's clients for its own PostgreSQL's, and for no other's", () => {
    const variables = { PGSSLMODE: "require", PGPASSWORD: "secret", PGOPTIONS: "" };
    expect(read(variables).databaseVariables).toEqual({});
    const { databaseVariables, remarks } = read({ ...variables, DATABASE_URL: "postgres://db/flock" });
    expect(databaseVariables).toEqual({ PGSSLMODE: "require", PGPASSWORD: "secret" });
    expect(remarks.join()).toContain("completed by PGSSLMODE, PGPASSWORD");
  });

  it("reads OLLAMA_HOST as Ollama does, and names it if it cannot", () => {
    expect(read({ OLLAMA_HOST: ":11434" })).toMatchObject({
      ollamaUrl: "http://127.0.0.1:11434",
      namesOllama: true,
    });
    expect(() => read({ OLLAMA_HOST: "ftp://gpu" })).toThrow(/^OLLAMA_HOST: .*http or https, not by ftp/);
    expect(shellSettings({ OLLAMA_HOST: "ftp://gpu" }, { usesOllama: false }).namesOllama).toBe(false);
  });

  it.each([
    ["INFO", "info"],
    ["Warning", "warn"],
  ])("reads LOG_LEVEL %s as %s", (text, level) => {
    expect(read({ LOG_LEVEL: text }).logLevel).toBe(level);
  });

  it("goes on without a LOG_LEVEL that is none, and names it", () => {
    const settings = read({ LOG_LEVEL: "7" });
    expect(settings.logLevel).toBeUndefined();
    expect(settings.remarks).toEqual([
      "LOG_LEVEL is none of trace, debug, info, warn, error, fatal, silent: info is used",
    ]);
  });
});
