/*
 * @file JSON Schema, as clients send it in `format`, to a grammar.
 *
 * The promise is that the output fits the schema unless it is cut. So a keyword that restricts values and cannot be put
 * into the grammar is refused by name (llama.cpp ignores many). Annotations are dropped. The grammar may allow fewer
 * outputs than the schema: all listed properties are written, no others. Only a property that is not required and can
 * contain itself may be left out; otherwise there would be no end.
 *
 * `oneOf` is read as `anyOf`, as llama.cpp does: alternatives that overlap are not told apart.
 */
import {
  choice,
  type Expression,
  NOTHING,
  optional,
  repeat,
  rule,
  sequence,
  text,
  writeGbnf,
} from "./gbnf.js";
import {
  bracketed,
  following,
  property,
  quotedText,
  separated,
  stringCharacter,
  withJsonRules,
} from "./json-values.js";
import { type Bounds, integersWithin, numbersWithin } from "./number-range.js";
import { patternStrings } from "./pattern.js";
import type { LengthBounds } from "./pattern-automaton.js";
import { PatternFault } from "./pattern-tree.js";
import { References } from "./references.js";
import { isSchemaObject, quoted, type Schema, Unsatisfiable, unsupported } from "./schema-fault.js";
import { allowOnly, BOUNDS, BY_TYPE, isNote, isOfType, listOf, sizes, typesOf } from "./schema-keywords.js";
import { mergeSchemas } from "./schema-merge.js";
import { TEXT_FORMATS } from "./text-formats.js";

const DEPTH_MAX = 32;
/** Schemas and enumerated values together: what a token costs grows with the alternatives. */
const NODES_MAX = 300;
const TEXT_CHARACTERS_MAX = 32_768;

/**
 * The grammar, in GBNF, of the values that fit `schema`. Throws `invalid_argument` naming the keyword that is
 * unsupported or malformed, or what no value can fit.
 */
export function grammarOfSchema(schema: Schema): string {
  if (JSON.stringify(schema).length > TEXT_CHARACTERS_MAX) throw unsupported("a schema this large");
  try {
    const written = writeGbnf(withJsonRules(new Converter(schema).rules()));
    if ("gbnf" in written) return written.gbnf;
    if (written.fault === "tooLarge") throw unsupported("a schema this large");
    if (written.fault === "neverEnds") throw new Unsatisfiable("a schema that must contain itself");
    throw unsupported("a schema that is itself one of its alternatives");
  } catch (error) {
    if (error instanceof Unsatisfiable) throw error.toFlockError();
    throw error;
  }
}

class Converter {
  readonly #schema: Schema;
  readonly #references: References;
  readonly #rules = new Map<string, Expression>();
  /** The rules of what has been referred to. */
  readonly #targets = new Map<string, string>([["#", "root"]]);
  #nodes = 0;

  constructor(schema: Schema) {
    this.#schema = schema;
    this.#references = new References(schema);
  }

  rules(): ReadonlyMap<string, Expression> {
    this.#rules.set("root", this.#convert(this.#schema, 0));
    // Iterating over a Map comes by what is added meanwhile.
    for (const [reference, name] of this.#targets) {
      if (name !== "root") this.#rules.set(name, this.#convert(this.#references.resolve(reference), 0));
    }
    return this.#rules;
  }

  #convert(schema: unknown, depth: number): Expression {
    if (depth > DEPTH_MAX) throw unsupported("a schema this large");
    this.#count(1);
    if (schema === true) return rule("value");
    if (schema === false) throw new Unsatisfiable("the schema false");
    if (!isSchemaObject(schema)) throw unsupported(`the schema ${quoted(schema)}`);
    if ("$ref" in schema || "allOf" in schema) {
      const { $ref, ...rest } = schema;
      const isPlain = "$ref" in schema && Object.keys(rest).every(isNote);
      return isPlain ? this.#reference($ref) : this.#convert(this.#merged(schema, depth), depth + 1);
    }
    for (const keyword of ["anyOf", "oneOf"]) {
      if (keyword in schema) return this.#alternatives(schema, keyword, depth);
    }
    if ("const" in schema) return this.#literals(schema, "const", [schema["const"]]);
    if ("enum" in schema) return this.#literals(schema, "enum", schema["enum"]);
    return this.#typed(schema, depth);
  }

  #count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > NODES_MAX) throw unsupported("a schema this large");
  }

  /** A rule of its own for `expression`, so that repeating it costs one element each. */
  #rule(expression: Expression): Expression {
    if (expression.kind === "rule") return expression;
    const name = `part-${this.#rules.size}`;
    this.#rules.set(name, expression);
    return rule(name);
  }

  #reference(reference: unknown): Expression {
    this.#references.resolve(reference);
    const key = String(reference);
    const name = this.#targets.get(key) ?? `definition-${this.#targets.size}`;
    this.#targets.set(key, name);
    return rule(name);
  }

  /** One schema for `$ref` and `allOf` and what stands beside them. */
  #merged(schema: Schema | boolean, depth: number): Schema {
    if (depth > DEPTH_MAX) throw unsupported("a schema this large");
    this.#count(1);
    if (schema === false) throw new Unsatisfiable("the schema false");
    if (schema === true) return {};
    const { $ref, allOf, ...rest } = schema;
    const parts: unknown[] = [];
    if ($ref !== undefined) parts.push(this.#references.resolve($ref));
    if (allOf !== undefined) {
      if (!Array.isArray(allOf)) throw unsupported('an "allOf" that is not an array');
      parts.push(...allOf);
    }
    return parts.reduce<Schema>((merged, part) => {
      if (!isSchemaObject(part) && typeof part !== "boolean") throw unsupported(`the schema ${quoted(part)}`);
      return mergeSchemas(merged, this.#merged(part, depth + 1), isNote);
    }, rest);
  }

  /** What stands beside the alternatives holds for each of them. Those that no value fits are left out. */
  #alternatives(schema: Schema, keyword: string, depth: number): Expression {
    const { [keyword]: alternatives, ...beside } = schema;
    if (!Array.isArray(alternatives) || alternatives.length === 0)
      throw unsupported(`an ${quoted(keyword)} without alternatives`);
    const common = Object.fromEntries(Object.entries(beside).filter(([name]) => !isNote(name)));
    const isBare = Object.keys(common).length === 0;
    const converted = alternatives.flatMap((alternative: unknown) =>
      ifSatisfiable(() =>
        this.#convert(
          isBare ? alternative : { ...common, allOf: [...listOf(common["allOf"]), alternative] },
          depth + 1,
        ),
      ),
    );
    if (converted.length === 0) throw new Unsatisfiable(`any alternative of an ${quoted(keyword)}`);
    return choice(converted);
  }

  #literals(schema: Schema, keyword: string, values: unknown): Expression {
    allowOnly(schema, [keyword, "type"]);
    if (!Array.isArray(values) || values.length === 0) throw unsupported(`this ${quoted(keyword)}`);
    this.#count(values.length);
    const types = schema["type"] === undefined ? undefined : typesOf(schema);
    const fitting = values.filter(
      (value) => types === undefined || types.some((type) => isOfType(value, type)),
    );
    if (fitting.length === 0) throw new Unsatisfiable(`both "type" and ${quoted(keyword)}`);
    return choice(fitting.map((value) => text(JSON.stringify(value))));
  }

  #typed(schema: Schema, depth: number): Expression {
    const types = typesOf(schema);
    allowOnly(schema, ["type", ...types.flatMap((type) => BY_TYPE[type] ?? [])]);
    return choice(types.map((type) => this.#ofType(type, schema, depth)));
  }

  #ofType(type: string, schema: Schema, depth: number): Expression {
    switch (type) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return this.#array(schema, depth);
      case "string":
        return this.#string(schema);
      case "number":
      case "integer":
        return numeric(type, schema);
      case "boolean":
      case "null":
        return rule(type);
      default:
        throw unsupported(`"type": ${quoted(type)}`);
    }
  }

  #string(schema: Schema): Expression {
    const bounds = sizes(schema, "minLength", "maxLength");
    const { format, pattern } = schema;
    const known =
      typeof format === "string" && Object.hasOwn(TEXT_FORMATS, format) ? TEXT_FORMATS[format] : undefined;
    if (pattern !== undefined) {
      if (known !== undefined) throw unsupported(`"pattern" beside "format": ${quoted(format)}`);
      return this.#pattern(pattern, bounds);
    }
    if (known === undefined) {
      const isAny = bounds.min === 0 && bounds.max === undefined;
      return isAny ? rule("string") : quotedText(repeat(stringCharacter, bounds.min, bounds.max));
    }
    const isWithin = known.lengthMin >= bounds.min && known.lengthMax <= (bounds.max ?? Infinity);
    if (!isWithin) throw unsupported(`"minLength" or "maxLength" beside "format": ${quoted(format)}`);
    return quotedText(known.form);
  }

  #pattern(pattern: unknown, bounds: LengthBounds): Expression {
    if (typeof pattern !== "string") throw unsupported('this "pattern"');
    const prefix = `pattern-${this.#rules.size}-`;
    try {
      const strings = patternStrings(
        pattern,
        bounds,
        (state) => rule(prefix + state),
        (state, expression) => this.#rules.set(prefix + state, expression),
      );
      if (strings === undefined) throw new Unsatisfiable(`"pattern": ${quoted(pattern)}`);
      return strings;
    } catch (error) {
      if (error instanceof PatternFault) throw unsupported(`a "pattern" with ${error.message}`);
      throw error;
    }
  }

  #object(schema: Schema, depth: number): Expression {
    const listed = schema["properties"] ?? {};
    if (!isSchemaObject(listed)) throw unsupported('a "properties" that is not an object');
    const others = schema["additionalProperties"] ?? schema["unevaluatedProperties"] ?? true;
    const required = listOf(schema["required"], "required").map(String);
    const undescribed = required.filter((name) => !Object.hasOwn(listed, name));
    if (undescribed.length > 0 && others === false) {
      throw new Unsatisfiable(`the required but forbidden property ${quoted(undescribed[0])}`);
    }
    const properties = [...Object.entries(listed), ...undescribed.map((name) => [name, others] as const)];
    if (properties.length === 0) return this.#openObject(schema, others, depth);
    const isOptional = ([name, value]: readonly [string, unknown]) =>
      !required.includes(name) && this.#references.isRecursive(value);
    const written = properties.filter((entry) => !isOptional(entry));
    const recursive = properties.filter(isOptional);
    const { min, max } = sizes(schema, "minProperties", "maxProperties");
    if (written.length < min) throw unsupported('this "minProperties"');
    if (properties.length > (max ?? Infinity)) throw unsupported('this "maxProperties"');
    const pair = ([name, value]: readonly [string, unknown]) =>
      property(text(JSON.stringify(name)), this.#convert(value, depth + 1));
    const [first, ...more] = written.map(pair);
    const optionals = recursive.map((entry) => this.#rule(pair(entry)));
    const tail = optionals.map((one) => optional(following(one)));
    if (first !== undefined) {
      return bracketed("{", sequence(first, ...more.map(following), ...tail), "}");
    }
    // None need be written: the first that is has no comma before it.
    const begun = optionals.map((one, index) => sequence(one, ...tail.slice(index + 1)));
    return bracketed("{", optional(choice(begun)), "}");
  }

  /** An object whose properties nobody lists. */
  #openObject(schema: Schema, values: unknown, depth: number): Expression {
    const { min, max } = sizes(schema, "minProperties", "maxProperties");
    // The same name may be written twice.
    if (min > 1) throw unsupported('this "minProperties"');
    if (values === false && min > 0) throw new Unsatisfiable('this "minProperties"');
    if (values === false) return bracketed("{", NOTHING, "}");
    const value = this.#rule(this.#convert(values, depth + 1));
    const pair = property(rule("string"), value);
    const next = this.#rule(following(pair));
    return bracketed("{", separated(pair, next, min, max), "}");
  }

  #array(schema: Schema, depth: number): Expression {
    if (schema["uniqueItems"] === true) throw unsupported('the schema keyword "uniqueItems"');
    const { min, max } = sizes(schema, "minItems", "maxItems");
    const isTuple = Array.isArray(schema["items"]);
    const prefix = listOf(isTuple ? schema["items"] : schema["prefixItems"], "prefixItems").slice(0, max);
    const rest = (isTuple ? schema["additionalItems"] : schema["items"]) ?? schema["unevaluatedItems"];
    const first = prefix.map((item) => this.#convert(item, depth + 1));
    // Behind a prefix, others are written only if somebody asks for them.
    const isOpen = rest !== false && (first.length === 0 || rest !== undefined || min > first.length);
    if (!isOpen && min > first.length) throw new Unsatisfiable('this "minItems"');
    const restMax =
      isOpen && (max === undefined || max > first.length) ? (max ?? Infinity) - first.length : 0;
    if (restMax === 0) return bracketed("[", sequence(...commaSeparated(first)), "]");
    const item = this.#rule(this.#convert(rest ?? true, depth + 1));
    const restMin = Math.max(0, min - first.length);
    const restLimit = max === undefined ? undefined : restMax;
    const next = this.#rule(following(item));
    if (first.length === 0) return bracketed("[", separated(item, next, restMin, restLimit), "]");
    const more = repeat(next, restMin, restLimit);
    return bracketed("[", sequence(...commaSeparated(first), more), "]");
  }
}

const commaSeparated = (items: readonly Expression[]) =>
  items.map((item, index) => (index === 0 ? item : following(item)));

function ifSatisfiable(convert: () => Expression): Expression[] {
  try {
    return [convert()];
  } catch (error) {
    if (error instanceof Unsatisfiable) return [];
    throw error;
  }
}

function numeric(type: "number" | "integer", schema: Schema): Expression {
  const bounds: Bounds = Object.fromEntries(
    BOUNDS.filter((keyword) => schema[keyword] !== undefined).map((keyword) => {
      if (!Number.isFinite(schema[keyword])) throw unsupported(`this ${quoted(keyword)}`);
      return [keyword, Number(schema[keyword])];
    }),
  );
  const step = schema["multipleOf"];
  if (step !== undefined && step !== 1) throw unsupported('this "multipleOf"');
  const isWhole = type === "integer" || step === 1;
  if (!isWhole && Object.keys(bounds).length === 0) return rule("number");
  const within = isWhole ? integersWithin(bounds) : numbersWithin(bounds);
  if (within === undefined) throw new Unsatisfiable(`the bounds ${quoted(bounds)}, with 15 digits`);
  return within;
}
