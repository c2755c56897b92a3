import { readBridgeConfig } from "./config.js";

describe("readBridgeConfig", () => {
  it("has a default for everything", () => {
    expect(readBridgeConfig({})).toMatchObject({ BRIDGE_HOST: "127.0.0.1", BRIDGE_PORT: 11_437 });
  });

  it("refuses a mistyped variable of its own, and a value out of range, by name", () => {
    expect(() => readBridgeConfig({ BRIDGE_KEYS: "2" })).toThrow("BRIDGE_KEYS: no such variable");
    expect(() => readBridgeConfig({ BRIDGE_SILENCE_MS: "0" })).toThrow("BRIDGE_SILENCE_MS: ");
  });
});
