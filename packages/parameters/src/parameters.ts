/*
 * A parameters document: { "version": 3, "values": { "workerShareBps": 9500, "depositMinMicro": "10000", … } }.
 * Integers are JSON numbers, money is a string of whole µLLAMA, switches are booleans. A value that is not named has
 * its default (documents outlive releases); a name that does not exist is refused (a mistyped one must not pass
 * unseen).
 */
import { FlockError } from "@flock/errors";
import { microFromJson } from "@flock/money";
import { z } from "zod";
import type { ParameterDefinition } from "./definition.js";
import { PARAMETER_RULES } from "./rules.js";
import { PARAMETER_NAMES, PARAMETERS, type ParameterName, type ParameterValues } from "./table.js";

/** One version of all parameters. Versions count from 1, without gaps. */
export interface Parameters {
  readonly version: number;
  readonly values: ParameterValues;
}

/** Where a document leaves the legal box. */
interface Fault {
  /** The parameter (the first of them, for a rule across several). */
  readonly parameter: string;
  readonly message: string;
}

type Value = bigint | number | boolean;

const DOCUMENT = z.strictObject({
  version: z.int().min(1),
  values: z.record(z.string(), z.unknown()),
});

/**
 * Reads the JSON text of a document and checks every range and rule.
 * @throws FlockError `invalid_argument`; its message names every parameter at fault, its value and the bound, its
 *   details the first one: `parameter`.
 */
export function parseParameters(json: string): Parameters {
  return parametersFromJson(jsonValue(json));
}

/** {@link parseParameters} for JSON that is parsed already. */
export function parametersFromJson(json: unknown): Parameters {
  const document = DOCUMENT.safeParse(json);
  if (!document.success) throw refusal([{ parameter: "document", message: z.prettifyError(document.error) }]);
  const { version, values: given } = document.data;
  const faults: Fault[] = Object.keys(given)
    .filter((name) => !Object.hasOwn(PARAMETERS, name))
    .map((name) => ({
      parameter: name,
      message: `there is no parameter ${JSON.stringify(name.slice(0, 60))}`,
    }));
  const values = valuesWith((name) => {
    const definition = PARAMETERS[name];
    if (!Object.hasOwn(given, name)) return definition.default;
    const value = readValue(definition, given[name]);
    const message = value === undefined ? wrongSort(name, definition) : outOfRange(name, definition, value);
    if (message !== undefined) faults.push({ parameter: name, message });
    return value ?? definition.default;
  });
  // Rules are about legal values; on others they would only repeat what is wrong.
  if (faults.length === 0) faults.push(...ruleFaults(values));
  if (faults.length > 0) throw refusal(faults);
  return { version, values };
}

/**
 * The canonical JSON text of a document: every parameter, in the order of the table.
 * @throws FlockError `invalid_argument` when it is outside the legal box: what was written can be read.
 */
export function encodeParameters(parameters: Parameters): string {
  const values = Object.fromEntries(
    PARAMETER_NAMES.map((name) => {
      const value: Value = parameters.values[name];
      return [name, typeof value === "bigint" ? value.toString() : value];
    }),
  );
  const json = JSON.stringify({ version: parameters.version, values });
  parseParameters(json);
  return json;
}

/** The value of every parameter as `value` gives it. */
function valuesWith(value: (name: ParameterName) => Value): ParameterValues {
  // CAST: the sort of each value is that of its definition, which `value` has read it by.
  return Object.fromEntries(PARAMETER_NAMES.map((name) => [name, value(name)])) as ParameterValues;
}

/** All defaults. */
export function defaultValues(): ParameterValues {
  return valuesWith((name) => PARAMETERS[name].default);
}

function jsonValue(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new FlockError("invalid_argument", "the parameters are not JSON", { cause });
  }
}

/** The value that JSON stands for, or undefined if it is of the wrong sort. */
function readValue(definition: ParameterDefinition, json: unknown): Value | undefined {
  switch (definition.kind) {
    case "integer":
      return typeof json === "number" && Number.isSafeInteger(json) ? json : undefined;
    case "money":
      try {
        return microFromJson(json);
      } catch {
        // What is wrong is said by the caller, with the parameter's name.
        return undefined;
      }
    case "switch":
      return typeof json === "boolean" ? json : undefined;
  }
}

function wrongSort(name: string, definition: ParameterDefinition): string {
  const sort = {
    integer: "a whole number",
    money: "a string of whole µLLAMA",
    switch: "true or false",
  }[definition.kind];
  return `${name} must be ${sort}`;
}

function outOfRange(name: string, definition: ParameterDefinition, value: Value): string | undefined {
  if (definition.kind === "switch" || typeof value === "boolean") return undefined;
  const { min, max, unit } = definition;
  if (value < min) return `${name} is ${value} ${unit}, below its minimum of ${min}`;
  if (value > max) return `${name} is ${value} ${unit}, above its maximum of ${max}`;
  return undefined;
}

function ruleFaults(values: ParameterValues): Fault[] {
  return PARAMETER_RULES.flatMap(({ over, fault }) => {
    const message = fault(values);
    return message === undefined ? [] : [{ parameter: over[0] ?? "document", message }];
  });
}

function refusal(faults: readonly Fault[]): FlockError {
  const message = faults.map((fault) => fault.message).join("; ");
  const details = { parameter: faults[0]?.parameter ?? "document" };
  return new FlockError("invalid_argument", `refused parameters: ${message}`, { details });
}
