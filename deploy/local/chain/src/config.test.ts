import { readConfig } from "./config.js";

const CHAIN_DATA_DIR = "/data";

describe("readConfig", () => {
  it("takes a log level in any case", () => {
    expect(readConfig({ CHAIN_DATA_DIR, LOG_LEVEL: "INFO" }).LOG_LEVEL).toBe("info");
  });

  it.each([
    ["8899", "8899"],
    ["8899", "8900"],
    ["8900", "8899"],
  ])("refuses ports that overlap: %s and %s", (first, second) => {
    const read = () => readConfig({ CHAIN_DATA_DIR, CHAIN_PORT: first, CHAIN_SECOND_PORT: second });
    expect(read).toThrow(`CHAIN_PORT ${first} and CHAIN_SECOND_PORT ${second} overlap`);
  });

  it("takes ports that are two apart", () => {
    expect(readConfig({ CHAIN_DATA_DIR, CHAIN_PORT: "8899", CHAIN_SECOND_PORT: "8901" })).toBeDefined();
  });
});
