import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readRouterConfig, routerEnvironment } from "./config.js";

describe("the router's configuration", () => {
  it("has its documented defaults", () => {
    const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
    const documented = [...readme.matchAll(/^\| `(ROUTER_[A-Z_]+)` \| `([^`]+)` \|/gm)];
    const defaults = readRouterConfig({});
    const actual = Object.keys(routerEnvironment).map((name) => {
      return [name, String(defaults[name as keyof typeof routerEnvironment])];
    });
    expect(documented.map(([, name, value]) => [name, value])).toEqual(actual);
  });

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
