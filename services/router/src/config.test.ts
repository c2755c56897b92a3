import { readRouterConfig } from "./config.js";

const REQUIRED = { MESH_KEY_FILE: "mesh-key.json" };

describe("the router's configuration", () => {
  it("refuses a mistyped variable of its own by name, and takes no notice of others'", () => {
    expect(() => readRouterConfig({ ROUTER_QUEUE_TOTL_MAX: "5" })).toThrow(
      "ROUTER_QUEUE_TOTL_MAX: no such variable",
    );
    expect(readRouterConfig({ ...REQUIRED, LEDGER_GROUP_MAXX: "5", ROUTER_QUEUE_TOTL_MAX: "" })).toEqual(
      readRouterConfig(REQUIRED),
    );
  });

  it("takes one key of the mesh, or two while one takes the place of the other", () => {
    const read = (files: string) => readRouterConfig({ MESH_KEY_FILE: files }).MESH_KEY_FILE;
    expect(read("new.json, old.json")).toEqual(["new.json", "old.json"]);
    for (const wrong of ["a,b,c", "a,,b", ","]) expect(() => read(wrong)).toThrow("MESH_KEY_FILE: ");
    expect(() => readRouterConfig({})).toThrow("MESH_KEY_FILE: ");
  });

  it("names every variable that is wrong", () => {
    const environment = {
      ROUTER_QUEUE_TOTAL_MAX: "0",
      ROUTER_WORKERS_MAX: "-1",
    };
    for (const name of Object.keys(environment))
      expect(() => readRouterConfig(environment)).toThrow(new RegExp(name));
  });
});
