import { readRouterConfig } from "./config.js";

describe("the router's configuration", () => {
  it("refuses a mistyped variable of its own by name, and takes no notice of others'", () => {
    expect(() => readRouterConfig({ ROUTER_QUEUE_TOTL_MAX: "5" })).toThrow(
      "ROUTER_QUEUE_TOTL_MAX: no such variable",
    );
    expect(readRouterConfig({ LEDGER_GROUP_MAXX: "5", ROUTER_QUEUE_TOTL_MAX: "" })).toEqual(
      readRouterConfig({}),
    );
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
