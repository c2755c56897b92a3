import { readFile } from "node:fs/promises";
import { FlockError } from "@flock/errors";
import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { VERIFIER, VerdictState, type VerdictSummary } from "@flock/proto/verifier";
import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { asking } from "../mesh-access.js";

const version = PROTOCOL_VERSION;
const count = z.int().min(0).default(0);
const cellsIn = z.object({
  cells: z
    .array(
      z.object({
        modelDigest: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hex digits"),
        engine: z.string().min(1),
        hardware: z.string().min(1),
        speculation: z.string().default("none"),
        positions: z.int().min(1),
        mismatches: z.int().min(0),
        mismatchPpm: count,
        surprisalSlackMillinats: count,
        measuredUnixMs: z.int().min(1),
        frozenUntilUnixMs: count,
      }),
    )
    .min(1),
});

interface RuleOptions {
  readonly uphold?: boolean;
  readonly overturn?: boolean;
  readonly reason: string;
}

/** `flock admin rule` */
export async function rule(command: Call<RuleOptions>): Promise<Answer> {
  const { args, options, report } = command;
  const [verdictId = ""] = args;
  if ((options.uphold === true) === (options.overturn === true))
    throw new Fault("usage", "which ruling? --uphold or --overturn");
  const isUpheld = options.uphold === true;
  const order = { verdictId, isUpheld, reason: options.reason };
  const what = isUpheld
    ? `uphold verdict ${verdictId}: its consequences follow`
    : `overturn verdict ${verdictId}: the worker is released, and nothing follows`;
  if (!(await report.agreed({ what, text: `${what}\nreason, for everybody to read: ${options.reason}` })))
    return { json: { ...order, dryRun: true }, text: `${what}\n`, note: "nothing was ruled\n" };
  report.state = "it may have been ruled: flock trust verdicts tells";
  const { summary } = await asking(command, (mesh) => call(mesh, VERIFIER.rule, { version, ...order }));
  return { json: { ...order, state: stateOf(summary) }, text: `the verdict is ${stateOf(summary)}\n` };
}

function stateOf(summary: VerdictSummary | undefined): string {
  return (VerdictState[summary?.state ?? VerdictState.UNSPECIFIED] ?? "unknown").toLowerCase();
}

/** `flock admin calibration load` */
export async function loadCalibration(command: Call): Promise<Answer> {
  const [file = ""] = command.args;
  const { cells } = read(await textIn(file));
  const { loaded } = await asking(command, (mesh) =>
    call(mesh, VERIFIER.loadCalibration, { version, cells }),
  );
  return { json: { loaded }, text: `${loaded} cells are loaded\n` };
}

async function textIn(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Fault("not_found", `${file} cannot be read`, { cause });
  }
}

function read(text: string): z.output<typeof cellsIn> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FlockError("invalid_argument", "the file is no JSON", { cause });
  }
  const found = cellsIn.safeParse(value);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw new FlockError("invalid_argument", `${issue?.path.join(".")}: ${issue?.message}`);
}
