import { FlockError } from "@flock/errors";
import { jsonLine } from "../output/format.js";
import { harmless } from "../output/sheet.js";
import { exitCodeOf, type FaultCode } from "./exit-codes.js";

/** What the machine refuses with. */
const CODES: ReadonlyMap<string, FaultCode> = new Map([
  ["ENOENT", "not_found"],
  ["EEXIST", "already_exists"],
  ["EACCES", "permission_denied"],
]);

/** What ends a command that did not do what it was asked: what it is, and what can be done about it. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: FaultCode;
  /** A line that says what to do. */
  readonly advice: string | undefined;
  /** Names that may have been meant. */
  readonly nearest: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: FaultCode,
    message: string,
    given: {
      advice?: string | undefined;
      nearest?: readonly string[];
      details?: Readonly<Record<string, unknown>>;
      cause?: unknown;
    } = {},
  ) {
    super(message, given.cause === undefined ? undefined : { cause: given.cause });
    this.code = code;
    this.advice = given.advice;
    this.nearest = given.nearest ?? [];
    this.details = given.details ?? {};
  }

  /** Anything caught. What nobody has foreseen keeps its message: the command runs on its reader's own machine. */
  static from(thrown: unknown): Fault {
    if (thrown instanceof Fault) return thrown;
    if (thrown instanceof FlockError)
      return new Fault(thrown.code, thrown.message, { details: thrown.details, cause: thrown });
    const { code, message } = isErrno(thrown) ? thrown : { code: undefined, message: String(thrown) };
    const known = CODES.get(code ?? "") ?? "internal";
    return new Fault(known, message, { cause: thrown });
  }

  get exitCode(): number {
    return exitCodeOf(this.code);
  }

  /** As it is written to standard error. */
  written(isJson: boolean): string {
    if (isJson) {
      const { code, message, advice, nearest, details } = this;
      return jsonLine({
        error: {
          ...details,
          code,
          message,
          ...(advice === undefined ? {} : { advice }),
          ...(nearest.length === 0 ? {} : { nearest }),
        },
      });
    }
    const meant =
      this.nearest.length === 0 ? undefined : `did you mean ${harmless(this.nearest.join(", or "))}?`;
    const lines = [`flock: ${harmless(this.message)}`, meant, this.advice].filter(
      (line) => line !== undefined,
    );
    return `${lines.join("\n")}\n`;
  }
}

function isErrno(thrown: unknown): thrown is Pick<NodeJS.ErrnoException, "code" | "message"> {
  return (
    typeof thrown === "object" && thrown !== null && "message" in thrown && typeof thrown.message === "string"
  );
}
