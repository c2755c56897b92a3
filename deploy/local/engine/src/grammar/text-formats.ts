import { between, choice, type Expression, optional, repeat, sequence, text } from "./gbnf.js";

/** A string whose form `format` names. */
export interface TextFormat {
  readonly form: Expression;
  readonly lengthMin: number;
  readonly lengthMax: number;
}

const digits = (count: number) => repeat(between("0", "9"), count, count);
const numbered = (tens: string, from: string, to: string) => sequence(text(tens), between(from, to));

/** 01 to 28: days that every month has. */
const dayToTwentyEight = choice([numbered("0", "1", "9"), numbered("1", "0", "9"), numbered("2", "0", "8")]);
const february = sequence(text("02-"), dayToTwentyEight);
const monthsOfThirty = choice(["04", "06", "09", "11"].map(text));
const monthsOfThirtyOne = choice(["01", "03", "05", "07", "08", "10", "12"].map(text));
const dayToThirty = choice([dayToTwentyEight, text("29"), text("30")]);

/** RFC 3339, without leap days (they depend on the year) and leap seconds. */
const date = sequence(
  digits(4),
  text("-"),
  choice([
    february,
    sequence(monthsOfThirty, text("-"), dayToThirty),
    sequence(monthsOfThirtyOne, text("-"), choice([dayToThirty, text("31")])),
  ]),
);
const hour = choice([numbered("0", "0", "9"), numbered("1", "0", "9"), numbered("2", "0", "3")]);
const sixty = sequence(between("0", "5"), between("0", "9"));
const fraction = optional(sequence(text("."), digits(3)));
const zone = choice([text("Z"), sequence(choice([text("+"), text("-")]), hour, text(":"), sixty)]);
const time = sequence(hour, text(":"), sixty, text(":"), sixty, fraction, zone);

const hexadecimal = (count: number) => repeat(choice([between("0", "9"), between("a", "f")]), count, count);
const uuid = sequence(hexadecimal(8), ...[4, 4, 4, 12].flatMap((count) => [text("-"), hexadecimal(count)]));

/** The formats that are kept to. All others are notes to the reader, as JSON Schema has it. */
export const TEXT_FORMATS: Readonly<Record<string, TextFormat>> = {
  date: { form: date, lengthMin: 10, lengthMax: 10 },
  time: { form: time, lengthMin: 9, lengthMax: 18 },
  "date-time": { form: sequence(date, text("T"), time), lengthMin: 20, lengthMax: 29 },
  uuid: { form: uuid, lengthMin: 36, lengthMax: 36 },
};
