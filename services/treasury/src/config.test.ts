import { readTreasuryConfig } from "./config.js";

const ADDRESS = "4".repeat(43);
const NEEDED = {
  DATABASE_URL: "postgres://u:p@localhost:5432/flock",
  SOLANA_RPC_URLS: "http://one:8899, http://two:8899",
  SOLANA_GENESIS_HASH: ADDRESS,
  TREASURY_KEY_FILE: "key.json",
  LLAMA_MINT: ADDRESS,
};

describe("readTreasuryConfig", () => {
  it("reads what it needs", () => {
    expect(readTreasuryConfig(NEEDED)).toMatchObject({
      SOLANA_RPC_URLS: ["http://one:8899", "http://two:8899"],
      TREASURY_LAMPORTS_MIN: 500_000_000n,
    });
  });

  it.each(Object.keys(NEEDED))("names %s if it is missing", (name) => {
    expect(() => readTreasuryConfig({ ...NEEDED, [name]: "" })).toThrow(`${name}: `);
  });

  it("refuses a mistyped variable of its own by name", () => {
    const read = () => readTreasuryConfig({ ...NEEDED, TREASURY_LAMPORT_MIN: "1" });
    expect(read).toThrow("TREASURY_LAMPORT_MIN: no such variable");
  });
});
