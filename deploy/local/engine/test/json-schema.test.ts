import { GrammarJudge } from "./grammar-judge.js";

let judge: GrammarJudge;
beforeAll(async () => {
  judge = await GrammarJudge.open();
}, 30_000);
afterAll(() => judge.close());

/** A generator of numbers in [0, 1) that a seed repeats. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Bounds {
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

const isWithin = (value: number, bounds: Bounds) =>
  value >= (bounds.minimum ?? -Infinity) &&
  value <= (bounds.maximum ?? Infinity) &&
  value > (bounds.exclusiveMinimum ?? -Infinity) &&
  value < (bounds.exclusiveMaximum ?? Infinity);

/** One to four bounds around the numbers that the tests look at; some leave no number. */
function randomBounds(random: () => number, places: number): Bounds {
  const value = () => Number((random() * 1500 - 300).toFixed(places));
  const names = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] as const;
  const bounds: Bounds = {};
  while (Object.keys(bounds).length === 0) {
    for (const name of names) if (random() < 0.4) bounds[name] = value();
  }
  return bounds;
}

const SEED = 20_261_130;

describe("integers within bounds", () => {
  const random = randomFrom(SEED);
  const cases: Bounds[] = [
    { minimum: 0 },
    { maximum: 0 },
    { exclusiveMinimum: 0 },
    { exclusiveMaximum: 0 },
    { minimum: -5, maximum: 5 },
    { minimum: 1, maximum: 100 },
    { minimum: 7, maximum: 123 },
    { minimum: 99, maximum: 100 },
    { minimum: 42, maximum: 42 },
    { minimum: -100, maximum: -1 },
    { minimum: 0.5, maximum: 1.5 },
    { exclusiveMinimum: -1, exclusiveMaximum: 1 },
    { exclusiveMinimum: 9, minimum: 3 },
    ...Array.from({ length: 60 }, (_, index) => randomBounds(random, index % 2)),
  ];

  it.each(cases)("are exactly those, negative ones too: %j", async (bounds) => {
    const integers = Array.from({ length: 1401 }, (_, index) => index - 200);
    const expected = integers.filter((value) => isWithin(value, bounds));
    const low = bounds.minimum ?? bounds.exclusiveMinimum;
    const high = bounds.maximum ?? bounds.exclusiveMaximum;
    if (expected.length === 0 && low !== undefined && high !== undefined) {
      await expect(judge.accepting({ type: "integer", ...bounds })).rejects.toThrow("no value can fit");
      return;
    }
    const accepts = await judge.accepting({ type: "integer", ...bounds });
    expect(integers.filter((value) => accepts(String(value)))).toEqual(expected);
    for (const text of ["", "-", "-0", "01", "1.0", "1e1", "+1", " 1"])
      expect([text, accepts(text)]).toEqual([text, false]);
  });

  it.each([
    [{ minimum: 1 }, "999999999999999", "1000000000000000"],
    [{ maximum: 5 }, "-999999999999999", "-1000000000000000"],
    [{}, "-999999999999999", "1000000000000000"],
    [{ maximum: 123_456_789_012_345 }, "123456789012345", "123456789012346"],
    [{ minimum: -1e300, maximum: 1e300 }, "7", "7.0"],
  ])("have at most 15 digits, so that every reader understands the same: %j", async (bounds, yes, no) => {
    const accepts = await judge.accepting({ type: "integer", ...bounds });
    expect([accepts(yes), accepts(no)]).toEqual([true, false]);
  });

  it.each([{ minimum: 2, maximum: 1 }, { exclusiveMinimum: 1, exclusiveMaximum: 2 }, { minimum: 1e300 }])(
    "that do not exist are refused: %j",
    async (bounds) => {
      await expect(judge.accepting({ type: "integer", ...bounds })).rejects.toThrow("no value can fit");
    },
  );
});

describe("numbers within bounds", () => {
  const random = randomFrom(SEED);
  const cases: Bounds[] = [
    { minimum: 0, maximum: 1 },
    { exclusiveMinimum: 0, exclusiveMaximum: 1 },
    { minimum: -1, maximum: 1 },
    { minimum: 0.5, maximum: 1.5 },
    { exclusiveMinimum: 0.25 },
    { maximum: -0.75 },
    { minimum: 1e-7, maximum: 2e-7 },
    { minimum: 0.1 + 0.2 },
    { exclusiveMaximum: 1e18 },
    { minimum: 99.99, maximum: 100.01 },
    { minimum: 3.14, maximum: 3.14 },
    { maximum: 0, minimum: 0 },
    ...Array.from({ length: 60 }, (_, index) => randomBounds(random, index % 4)),
  ];

  it.each(cases)("are never outside and miss none that has up to ten places: %j", async (bounds) => {
    const near = Object.values(bounds) as number[];
    const numbers = [
      ...Array.from({ length: 400 }, () => random() * 1500 - 300),
      ...near.flatMap((bound) =>
        [-1, -0.5, -0.01, -1e-9, 0, 1e-9, 0.001, 0.9, 1].map((step) => bound + step),
      ),
      ...near.flatMap((bound) => Array.from({ length: 50 }, () => bound + (random() - 0.5) / 10)),
    ].map((value, index) => Number(value.toFixed(index % 10)));
    // As a person would write it: no exponent, no minus zero.
    const texts = [
      ...new Set(
        numbers.map((value) =>
          value
            .toFixed(10)
            .replace(/\.?0+$/, "")
            .replace(/^-0$/, "0"),
        ),
      ),
    ];
    const expected = texts.filter((text) => isWithin(Number(text), bounds) && text.length <= 16);
    const accepts = await judge.accepting({ type: "number", ...bounds }).catch(() => () => false);
    expect(texts.filter((text) => text.length <= 16 && accepts(text))).toEqual(expected);
  });

  it("may end in zeros, and are never minus zero", async () => {
    const accepts = await judge.accepting({ type: "number", minimum: -1, maximum: 1 });
    expect(["0.50", "1.000", "-1.0", "0.0"].map(accepts)).toEqual([true, true, true, true]);
    expect(["-0", "-0.0", "1.001", "00.5", ".5", "1.", "1e0"].map(accepts)).not.toContain(true);
  });

  it("have no digit that a reader would round across a bound", async () => {
    const accepts = await judge.accepting({ type: "number", exclusiveMaximum: 2 });
    expect([accepts("1.9999999999"), accepts("1.99999999999999999999")]).toEqual([true, false]);
  });
});

describe("patterns", () => {
  const random = randomFrom(SEED);
  const ALPHABET = [...'abcxyzABC0123456789-_. @:/\\"\n\tüé🦙'];
  const patterns = [
    "^abc$",
    "^[a-c]+$",
    "^[^a-c]*$",
    "^\\d{3}-\\d{4}$",
    "^(\\d+|x)(\\.[0-9]{1,3})?$",
    "^[A-Z][a-z]*( [A-Z][a-z]*){0,2}$",
    "^a$|^bc?$",
    "^.{2,4}$",
    "^\\w+@\\w+\\.(?:com|org)$",
    "^\\s*x\\S?$",
    '^"a\\\\b"$',
    "^[\\w.-]+$",
    "^[\\]\\-a]{1,2}$",
    "^\\u0041\\x42[\\u{1F980}-\\u{1FAFF}]?$",
    "^(?:a?)?b{0}c??$",
    "^$",
    "^[a\\d_]{2,}?$",
  ];

  it.each(patterns)("are kept to as JavaScript reads them: %s", async (pattern) => {
    const accepts = await judge.accepting({ type: "string", pattern });
    const expression = new RegExp(pattern, "u");
    const texts = [
      "",
      "abc",
      "123-4567",
      "A",
      "x",
      "x ",
      "\nx",
      '"a\\b"',
      "AB🦙",
      "AB",
      "a@b.com",
      "a_b@c.org",
      "c",
      "b",
      "bc",
    ];
    const parts = [...ALPHABET, "123", "abc", "12-", ".5", " Ab"];
    for (let index = 0; index < 300; index++) {
      const length = Math.floor(random() * 5);
      texts.push(Array.from({ length }, () => parts[Math.floor(random() * parts.length)]).join(""));
    }
    for (const text of texts) {
      expect([text, accepts(JSON.stringify(text))]).toEqual([text, expression.test(text)]);
    }
  });
});

describe("strings", () => {
  it.each([
    [{ minLength: 2, maxLength: 3 }, ['"ab"', '"abc"', '"🦙\\n"'], ['"a"', '"abcd"', "ab", '"a\nb"']],
    [{ pattern: "^[ab]{2}$", minLength: 2, maxLength: 2 }, ['"ab"'], ['"a"']],
    [
      { format: "date" },
      ['"2024-02-28"', '"2024-12-31"', '"1999-04-30"'],
      ['"2024-02-30"', '"2024-04-31"', '"2024-13-01"', '"2024-00-10"', '"2024-1-1"'],
    ],
    [
      { format: "time" },
      ['"23:59:59Z"', '"00:00:00.123+05:30"'],
      ['"24:00:00Z"', '"12:60:00Z"', '"12:00:00"'],
    ],
    [{ format: "date-time" }, ['"2024-01-01T00:00:00Z"'], ['"2024-01-01 00:00:00Z"', '"2024-01-01"']],
    [
      { format: "uuid" },
      ['"123e4567-e89b-12d3-a456-426614174000"'],
      ['"123e4567-e89b-12d3-a456-42661417400"', '"x23e4567-e89b-12d3-a456-426614174000"'],
    ],
    [{ format: "email" }, ['"anything"'], ["1"]],
    [{ type: ["string", "null"], maxLength: 1 }, ['""', '"a"', "null"], ['"ab"', "1"]],
  ])("fit %j", async (schema, yes, no) => {
    const accepts = await judge.accepting({ type: "string", ...schema });
    expect(yes.filter((text) => !accepts(text))).toEqual([]);
    expect(no.filter(accepts)).toEqual([]);
  });
});

describe("objects, arrays and combinations", () => {
  const pet = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
  const list = {
    type: "object",
    properties: { value: { type: "integer" }, next: { $ref: "#/$defs/List" } },
    required: ["value"],
  };
  const cases: [object, string[], string[]][] = [
    [
      { properties: { a: { type: "null" }, b: { type: "null" } } },
      ['{"a":null,"b":null}', '{"a": null, "b": null}', '{\n  "a": null,\n  "b": null\n}'],
      ['{"a":null}', '{"b":null,"a":null}', "{}", "null"],
    ],
    [{ type: "object", additionalProperties: false }, ["{}", "{ }"], ['{"a":1}']],
    [{ type: "object", additionalProperties: { type: "integer" } }, ["{}", '{"x":1,"y":2}'], ['{"x":"1"}']],
    [
      { type: "object", required: ["zip"], additionalProperties: { type: "null" } },
      ['{"zip":null}'],
      ["{}", '{"zip":1}'],
    ],
    [{ type: "object", minProperties: 1, maxProperties: 1 }, ['{"a":[]}'], ["{}", '{"a":1,"b":2}']],
    [
      { type: "array", items: { type: "integer" }, minItems: 1, maxItems: 3 },
      ["[1]", "[1, 2, 3]", "[\n 1,\n 2\n]"],
      ["[]", "[1,2,3,4]", "[1,]", '["1"]'],
    ],
    [{ type: "array", maxItems: 0 }, ["[]"], ["[1]"]],
    [
      { prefixItems: [{ type: "integer" }, { type: "null" }], items: false },
      ["[1,null]"],
      ["[1]", "[1,null,2]"],
    ],
    [
      { prefixItems: [{ type: "integer" }], items: { type: "null" }, minItems: 2 },
      ["[1,null]", "[1,null,null]"],
      ["[1]", "[1,1]"],
    ],
    [{ items: [{ type: "integer" }], additionalItems: false }, ["[1]"], ["[1,1]", "[]"]],
    [{ const: { a: [1, "x"] } }, ['{"a":[1,"x"]}'], ['{"a":[1]}']],
    [{ type: "string", enum: ["a", 'b"', 1, null] }, ['"a"', '"b\\""'], ["1", "null", '"b"']],
    [{ anyOf: [{ type: "integer", minimum: 5 }, { type: "null" }] }, ["5", "null"], ["4", '"5"']],
    [{ type: "integer", anyOf: [{ maximum: 3 }, { minimum: 7 }] }, ["3", "7"], ["5"]],
    [{ oneOf: [{ const: 1 }, { const: 2 }], description: "one or two" }, ["1", "2"], ["3"]],
    [{ type: "integer", anyOf: [{ type: "string" }, { minimum: 5 }] }, ["5"], ['"x"', "4"]],
    [
      {
        allOf: [{ type: "integer", minimum: 3 }, { maximum: 9 }, { type: ["integer", "string"], minimum: 4 }],
      },
      ["4", "9"],
      ["3", "10", '"x"'],
    ],
    [{ allOf: [{ type: "number" }, { type: "integer" }] }, ["4"], ["4.5"]],
    [
      { allOf: [{ $ref: "#/$defs/Pet" }], properties: { age: { type: "null" } }, $defs: { Pet: pet } },
      ['{"age":null,"name":"x"}'],
      ['{"name":"x"}', '{"age":null}'],
    ],
    [
      { $ref: "#/definitions/Pet", description: "a pet", definitions: { Pet: pet } },
      ['{"name":"x"}'],
      ["{}"],
    ],
    [{ $ref: "#/$defs/a~1b%20c", $defs: { "a/b c": { const: 1 } } }, ["1"], ["2"]],
    [
      { properties: { a: { enum: [1] }, b: { $ref: "#/properties/a" } } },
      ['{"a":1,"b":1}'],
      ['{"a":1,"b":2}'],
    ],
    [
      { $ref: "#/$defs/List", $defs: { List: list } },
      ['{"value":1}', '{"value":1,"next":{"value":2}}'],
      ['{"next":{"value":2}}', "{}"],
    ],
    [
      { properties: { left: { $ref: "#" }, right: { $ref: "#" } } },
      ["{}", '{"left":{}}', '{"right":{}}', '{"left":{"right":{}},"right":{}}'],
      ['{"right":{},"left":{}}', '{"x":1}'],
    ],
    [{ type: "array", items: { $ref: "#" } }, ["[]", "[[],[[]]]"], ["[1]"]],
    [{ minimum: 3 }, ["3", "3.5"], ["2", '"x"']],
    [
      {},
      ["1", '"x"', "[]", "{}", "null", "true", "-1.5e-3", '{"a":[{"b":[1,2]}]}'],
      ["nul", "[1", "1e400", "01", '"\\u00e9"'],
    ],
    [{ type: "integer", multipleOf: 1, nullable: true, title: "x", default: 3 }, ["3"], ["null"]],
    [{ type: "array", uniqueItems: false, unevaluatedItems: false }, ["[]"], ["[1]"]],
  ];

  it("have as many parts as a schema may ask for, nested too", async () => {
    const list = (items: object) => ({ type: "array", items, minItems: 1, maxItems: 1000 });
    const accepts = await judge.accepting(list(list(list({ type: "string", maxLength: 1000 }))));
    expect(['[[["a"]]]', `[${'[["a"]],'.repeat(40)}[["a"]]]`].map(accepts)).toEqual([true, true]);
    expect(accepts('[["a"]]')).toBe(false);
    const open = await judge.accepting({
      additionalProperties: { type: "null" },
      type: "object",
      maxProperties: 1000,
    });
    expect(open('{"a": null, "b": null}')).toBe(true);
  });

  it.each(cases)("fit %j", async (schema, yes, no) => {
    const accepts = await judge.accepting(schema as Record<string, unknown>);
    expect(yes.filter((text) => !accepts(text))).toEqual([]);
    expect(no.filter(accepts)).toEqual([]);
  });
});
