import { z } from "zod";
import { configurationModule, configurationTable, withConfigurationTable } from "./configuration-table.js";
import { databaseUrl, integer, logLevel } from "./variables.js";

const list = z
  .string()
  .default("")
  .transform((text) => text.split(",").filter((item) => item !== ""));

const row = (name: string, schema: z.ZodType) => configurationTable({ [name]: schema }).split("\n")[2];

describe("the table of a program's variables", () => {
  it("has name, default, range and meaning of each, as the schema has them", () => {
    expect(configurationTable({ DEMO_COUNT: integer(1, 9).default(3).describe("how many") })).toBe(
      "| variable | default | range | meaning |\n| --- | --- | --- | --- |\n| `DEMO_COUNT` | `3` | `1` to `9` | how many |\n",
    );
  });

  it("says which variables are required, and which have no default", () => {
    expect(row("DATABASE_URL", databaseUrl.describe("where"))).toBe(
      "| `DATABASE_URL` | **required** |  | where; or in a file, `DATABASE_URL_FILE` |",
    );
    expect(row("DEMO_URL", z.url().optional().describe("which"))).toBe("| `DEMO_URL` | none |  | which |");
    expect(row("DEMO_LIST", list.describe("who"))).toBe("| `DEMO_LIST` | none |  | who |");
  });

  it("shows times and sizes with a unit that can be read, where they are whole ones", () => {
    const time = row("DEMO_MS", integer(0, 3_600_000).default(1_500).describe("how long"));
    expect(time).toBe("| `DEMO_MS` | `1500` | `0` to `3600000` (1 h) | how long |");
    const size = row(
      "DEMO_BYTES_MAX",
      z.coerce.number().int().min(1_024).default(2_097_152).describe("size"),
    );
    expect(size).toBe("| `DEMO_BYTES_MAX` | `2097152` (2 MiB) | from `1024` (1 KiB) | size |");
  });

  it("lists what a variable can be, and shows a default that is read in another form as it is used", () => {
    expect(row("LOG_LEVEL", logLevel)).toMatch(/^\| `LOG_LEVEL` \| `info` \| .*`debug`, `info`, `warn`/);
    expect(row("DEMO_BIG", z.coerce.bigint().default(7n).describe("x"))).toBe("| `DEMO_BIG` | `7` |  | x |");
  });

  it("shows another default where the true one is of this machine, and keeps a cell whole", () => {
    const file = z
      .string()
      .default("/here/x")
      .meta({ description: "a | b", shownDefault: "the bundled one" });
    expect(row("DEMO_FILE", file)).toBe("| `DEMO_FILE` | the bundled one |  | a \\| b |");
  });

  it("is refused for a variable that nobody has described, by its name", () => {
    expect(() => configurationTable({ DEMO_COUNT: integer(0, 1) })).toThrow("DEMO_COUNT has no description");
  });

  it("takes the place between its marks in a README, and nothing else's", () => {
    const readme = "# x\n\n<!-- configuration: src/config.ts -->\nold\n<!-- /configuration -->\n\nmore\n";
    const variables = { DEMO_COUNT: integer(1, 9).default(3).describe("how many") };
    const written = withConfigurationTable(readme, variables);
    expect(written).toBe(readme.replace("old\n", `\n${configurationTable(variables)}\n`));
    expect(withConfigurationTable(written, variables)).toBe(written);
    expect(configurationModule(readme)).toBe("src/config.ts");
    expect(configurationModule("# x\n")).toBeUndefined();
    expect(() => withConfigurationTable("# x\n", variables)).toThrow("no place for a table");
  });
});
