import type { AnswerOptions } from "../conversation/turns.js";

/** An option as a field of text. Every generating model takes them; `think` has a field of its own. */
export interface OptionField {
  readonly name: Exclude<keyof AnswerOptions, "think">;
  readonly label: string;
  readonly hint: string;
  readonly isLong?: boolean;
  /** @returns The value, or what is wrong with the text. */
  read(text: string): AnswerOptions[keyof AnswerOptions] | { readonly fault: string };
}

const SEED_MAX = Number.MAX_SAFE_INTEGER;
const STOPS_MAX = 16;

export const OPTION_FIELDS: readonly OptionField[] = [
  {
    name: "system",
    label: "Instruction",
    hint: "What the model is told before everything else. It counts as part of the prompt.",
    isLong: true,
    read: (text) => text,
  },
  {
    name: "num_predict",
    label: "Most tokens of an answer",
    hint: "Less costs less: what is reserved before you send falls with it.",
    read: (text) => numberOf(text, { min: 1, max: 1_000_000, isWhole: true }),
  },
  {
    name: "temperature",
    label: "Temperature",
    hint: "0 takes the likeliest word each time; 1 and more wanders.",
    read: (text) => numberOf(text, { min: 0, max: 10 }),
  },
  {
    name: "top_p",
    label: "Top p",
    hint: "From 0 to 1: only the likeliest words that together have this share.",
    read: (text) => numberOf(text, { min: 0, max: 1 }),
  },
  {
    name: "top_k",
    label: "Top k",
    hint: "Only so many of the likeliest words.",
    read: (text) => numberOf(text, { min: 0, max: 1_000_000, isWhole: true }),
  },
  {
    name: "seed",
    label: "Seed",
    hint: "The same seed, model and prompt give the same answer.",
    read: (text) => numberOf(text, { min: -SEED_MAX, max: SEED_MAX, isWhole: true }),
  },
  {
    name: "stop",
    label: "Stop words",
    hint: "One a line: the answer ends before the first of them.",
    isLong: true,
    read: (text) => {
      const words = text.split("\n").filter((word) => word !== "");
      return words.length > STOPS_MAX ? { fault: `At most ${STOPS_MAX} of them.` } : words;
    },
  },
  {
    name: "format",
    label: "Format",
    hint: "“json”, or a JSON schema that the answer must follow.",
    isLong: true,
    read: formatOf,
  },
];

/** The text of a field for a value; empty: the model's own. */
export function optionText(value: AnswerOptions[keyof AnswerOptions]): string {
  if (value === undefined) return "";
  return Array.isArray(value) ? value.join("\n") : String(value);
}

/** `options` with one of them changed; empty text takes it out. */
export function withOption(
  options: AnswerOptions,
  name: keyof AnswerOptions,
  value: AnswerOptions[keyof AnswerOptions],
): AnswerOptions {
  const { [name]: _, ...others } = options;
  return value === undefined || value === "" ? others : { ...others, [name]: value };
}

export function isFault(value: unknown): value is { readonly fault: string } {
  return typeof value === "object" && value !== null && "fault" in value;
}

function numberOf(
  text: string,
  { min, max, isWhole = false }: { readonly min: number; readonly max: number; readonly isWhole?: boolean },
): number | { readonly fault: string } {
  const value = Number(text.trim());
  if (Number.isFinite(value) && value >= min && value <= max && (!isWhole || Number.isInteger(value)))
    return value;
  const kind = isWhole ? "A whole number" : "A number";
  return { fault: `${kind} from ${min.toLocaleString("en")} to ${max.toLocaleString("en")}.` };
}

function formatOf(text: string): string | { readonly fault: string } {
  const format = text.trim();
  if (format === "json") return format;
  try {
    const schema: unknown = JSON.parse(format);
    if (typeof schema === "object" && schema !== null && !Array.isArray(schema)) return format;
  } catch {
    // Told below.
  }
  return { fault: "Write json, or a JSON schema: an object." };
}
