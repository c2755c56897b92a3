import { readBridgeConfig } from "./config.js";

describe("readBridgeConfig", () => {
  it("needs nothing but the key of the mesh", () => {
    expect(readBridgeConfig({ MESH_KEY_FILE: "mesh-key.json" })).toMatchObject({
      BRIDGE_HOST: "127.0.0.1",
      BRIDGE_PORT: 11_437,
    });
  });

  it("names the key of the mesh if it is missing", () => {
    expect(() => readBridgeConfig({})).toThrow("MESH_KEY_FILE: ");
  });

  it("refuses a mistyped variable of its own, and a value out of range, by name", () => {
    expect(() => readBridgeConfig({ BRIDGE_KEYS: "2" })).toThrow("BRIDGE_KEYS: no such variable");
    expect(() => readBridgeConfig({ BRIDGE_SILENCE_MS: "0" })).toThrow("BRIDGE_SILENCE_MS: ");
  });
});
