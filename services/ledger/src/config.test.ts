import { readLedgerConfig } from "./config.js";

const DATABASE_URL = "postgres://u:p@localhost:5432/flock";

describe("readLedgerConfig", () => {
  it("needs nothing but a database", () => {
    expect(readLedgerConfig({ DATABASE_URL })).toMatchObject({ DATABASE_URL, LEDGER_GROUP_MAX: 500 });
    expect(() => readLedgerConfig({})).toThrow("DATABASE_URL");
  });

  it("refuses a mistyped variable of its own by name", () => {
    const read = () => readLedgerConfig({ DATABASE_URL, LEDGER_GROUPS_MAX: "5" });
    expect(read).toThrow("LEDGER_GROUPS_MAX: no such variable");
  });
});
