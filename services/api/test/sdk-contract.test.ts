import { createFlock, type Flock } from "@flockollamas/sdk";
import fc from "fast-check";
import { DescribedApi } from "./described-api.js";
import { MoneyApi } from "./money-api.js";
import { samplesOf } from "./sample-of-schema.js";
import { callsOf, SDK_CALLS, SDK_OTHERS } from "./sdk-calls.js";

const PREFIX = "/flock/v1/";

/** An amount as the api tells it, where a schema can only say that it has digits. */
function canonical(value: unknown, name = ""): unknown {
  if (typeof value === "string" && name.endsWith("_micro")) return "9007199254740993";
  if (Array.isArray(value)) return value.map((each) => canonical(each, name));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, canonical(each, key)]));
}

describe("the SDK", () => {
  let money: MoneyApi;
  let api: DescribedApi;
  beforeAll(async () => {
    money = await MoneyApi.start();
    const response = await fetch(`${money.apis[0].baseUrl}/openapi.json`);
    api = new DescribedApi((await response.json()) as object);
  }, 120_000);
  afterAll(() => money?.stop());

  /** The route that a request asks: the one with the fewest parameters that fits. */
  const routeOf = (method: string, url: string) => {
    const { pathname } = new URL(url);
    const fits = api
      .operations()
      .filter((each) => each.method === method && matches(each.path, pathname))
      .sort((one, other) => one.path.split("{").length - other.path.split("{").length);
    return fits[0];
  };
  /** A client whose requests go nowhere: `answer` says what comes back. */
  const clientOver = (answer: (method: string, url: string) => Response): Flock =>
    createFlock({
      url: "http://api.example",
      retries: 0,
      fetch: async (url, init) => answer(init?.method ?? "GET", String(url)),
    });
  const notFound = () => new Response('{"error": {"code": "not_found", "message": "no"}}', { status: 404 });

  it("is asked here by every call that it has", () => {
    const all = callsOf(clientOver(notFound));
    expect([...Object.keys(SDK_CALLS), ...SDK_OTHERS].sort()).toEqual(all.sort());
  });

  /** What a call asks: described as the api describes it, or undefined. */
  const routeAsked = async (name: string) => {
    const asked: { route: ReturnType<typeof routeOf> }[] = [];
    const recording = clientOver((method, url) => {
      asked.push({ route: routeOf(method, url) });
      return notFound();
    });
    await SDK_CALLS[name]?.(recording).catch(() => undefined);
    expect(asked).toHaveLength(1);
    return asked[0]?.route;
  };

  it("has a call for every route of the flock dialect, and for no other", async () => {
    const names = Object.keys(SDK_CALLS);
    const routes = await Promise.all(names.map(routeAsked));
    expect(names.filter((_name, index) => routes[index] === undefined)).toEqual([]);
    const asked = new Set(routes.map((route) => `${route?.method} ${route?.path}`));
    const described = api.operations().filter(({ path }) => path.startsWith(PREFIX));
    expect(described.length).toBeGreaterThan(30);
    const missing = described
      .map(({ method, path }) => `${method} ${path}`)
      .filter((each) => !asked.has(each));
    expect(missing).toEqual([]);
  });

  it.each(Object.keys(SDK_CALLS))("reads whatever the api may answer %s with", async (name) => {
    const route = await routeAsked(name);
    const schema = route?.operation.responses["200"]?.content?.["application/json"]?.schema;
    const answers = schema === undefined ? fc.string() : samplesOf(schema, api.document.components.schemas);
    const call = (answer: unknown) => SDK_CALLS[name]?.(clientOver(() => Response.json(canonical(answer))));
    const isRead = async (answer: unknown) => void (await call(answer));
    await fc.assert(fc.asyncProperty(answers, isRead), { numRuns: 10 });
  });
});

function matches(template: string, path: string): boolean {
  const pattern = template.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[A-Za-z_]+\}/g, "[^/]+");
  return new RegExp(`^${pattern}$`).test(path);
}
