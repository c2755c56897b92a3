import { jest } from "@jest/globals";
import type { AnySchemaObject } from "ajv";
import fc from "fast-check";
import { Fields } from "../src/json-fields.js";
import { isJsonObject, type JsonObject } from "../src/json-object.js";
import { post } from "./clients.js";
import { DescribedApi } from "./described-api.js";
import { samplesOf } from "./sample-of-schema.js";
import { ABLE_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

/*
 * The dialects of models read requests by hand, because they are as lenient as a real Ollama. Their descriptions stand
 * beside that code, and here the two are held together.
 */

const PATHS = [
  "/api/chat",
  "/api/generate",
  "/api/embed",
  "/api/embeddings",
  "/api/show",
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/embeddings",
  "/v1/responses",
  "/v1/messages",
] as const;

const RUNS = { numRuns: 120, seed: 13 };

/** A place in a body: names and indexes. */
type Place = readonly (string | number)[];

function placesIn(value: unknown, place: Place = []): Place[] {
  const entries = Array.isArray(value)
    ? [...value.entries()]
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  return entries.flatMap(([key, each]) => [[...place, key], ...placesIn(each, [...place, key])]);
}

function valueAt(value: unknown, place: Place): unknown {
  return place.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], value);
}

function withValueAt(value: unknown, [key, ...rest]: Place, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as JsonObject) }) as Record<
    string | number,
    unknown
  >;
  copy[key] = withValueAt(copy[key], rest, replacement);
  return copy;
}

const VALUES: readonly unknown[] = ["x", 12_345, true, { x: 1 }, [{ x: 1 }]];
const kindOf = (value: unknown) => (Array.isArray(value) ? "array" : typeof value);

/** The names of all members that a schema describes, as the code tells them: `messages[].content`. */
function describedNames(
  schema: AnySchemaObject,
  schemas: Readonly<Record<string, AnySchemaObject>>,
  path = "",
): string[] {
  const { $ref, anyOf = [], properties = {}, items } = schema;
  if ($ref !== undefined) return describedNames(schemas[$ref.split("/").at(-1)] ?? {}, schemas, path);
  return [
    ...Object.entries<AnySchemaObject>(properties).flatMap(([name, each]) => {
      const member = `${path}${path === "" || path.endsWith(".") ? "" : "."}${name}`;
      return [member, ...describedNames(each, schemas, member)];
    }),
    ...(items === undefined ? [] : describedNames(items, schemas, `${path}[]`)),
    ...anyOf.flatMap((each: AnySchemaObject) => describedNames(each, schemas, path)),
  ];
}

describe.each(PATHS)("a request to %s", (path) => {
  let api: TestApi;
  let described: DescribedApi;
  let samples: fc.Arbitrary<JsonObject>;

  beforeAll(async () => {
    api = await startTestApi();
    const response = await fetch(`${api.baseUrl}/openapi.json`);
    described = new DescribedApi((await response.json()) as object);
    const { schemas } = described.document.components;
    samples = samplesOf(schemaOf(), schemas).map((sample) => fitting(sample as JsonObject));
  });
  afterAll(() => api?.stop());

  const schemaOf = () =>
    described.operation("POST", path).requestBody?.content["application/json"]?.schema ?? {};

  /** What a schema of JSON does not say, but the description in words: the model's name, and what `raw` goes with. */
  function fitting(sample: JsonObject): JsonObject {
    const { raw: _, ...rest } = sample;
    const hasRaw = "raw" in sample && !("system" in sample) && !("template" in sample);
    return { ...rest, ...(hasRaw ? { raw: sample["raw"] } : {}), model: ABLE_MODEL.name };
  }

  async function refusalOf(body: unknown): Promise<string | undefined> {
    const response = await post(api, path, body as object);
    const text = await response.text();
    return response.status === 200 ? undefined : `${response.status} ${text}`;
  }

  it("is taken if the description takes it", async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (body) => {
        expect([body, described.faultOfBody("POST", path, body)]).toEqual([body, undefined]);
        expect([body, await refusalOf(body)]).toEqual([body, undefined]);
      }),
      RUNS,
    );
  });

  it("is refused if a value in it is of a kind that the description does not take", async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(samples, fc.nat(), fc.constantFrom(...VALUES), async (body, nth, value) => {
        const places = placesIn(body);
        const place = places[nth % places.length] ?? [];
        if (kindOf(valueAt(body, place)) === kindOf(value)) return;
        const wrong = withValueAt(body, place, value);
        if (described.faultOfBody("POST", path, wrong) === undefined) return;
        refused += 1;
        expect([wrong, (await refusalOf(wrong))?.slice(0, 3)]).toEqual([wrong, "400"]);
      }),
      RUNS,
    );
    expect(refused).toBeGreaterThan(RUNS.numRuns / 4);
  });

  it("is read for what is described, and for nothing else", async () => {
    const read = new Set<string>();
    const raw = jest.spyOn(Fields.prototype, "raw").mockImplementation(function (this: Fields, field) {
      read.add(
        this.nameOf(field)
          .replaceAll(/\[\d+\]/g, "[]")
          .toLowerCase(),
      );
      return RAW.call(this, field);
    });
    try {
      for (const body of fc.sample(samples, RUNS)) await refusalOf(body);
    } finally {
      raw.mockRestore();
    }
    const names = new Set(describedNames(schemaOf(), described.document.components.schemas));
    // The table of options is read by itself, and is the description's own.
    const own = (name: string) => !name.startsWith("options.");
    // What a tool's schema says in itself is JSON Schema's.
    const isOfToolSchema = (name: string) => /(parameters|input_schema)\./.test(name);
    expect([...read].filter((name) => !isOfToolSchema(name)).sort()).toEqual([...names].filter(own).sort());
  });
});

const RAW = Fields.prototype.raw;
