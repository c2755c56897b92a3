import { readFile } from "node:fs/promises";
import { FlockError } from "@flock/errors";
import type { Cell } from "@flock/evidence";
import { HARDWARE_CLASS_NAMES } from "@flock/proto/workers";
import { z } from "zod";

/** Cells that are told of, and taken at once. */
export const CELLS_MAX = 500;

const count = z.number().int().min(0).max(100_000_000);
const unixMs = z.number().int().min(0).max(8_640_000_000_000_000);

const cellSchema = z
  .strictObject({
    modelDigest: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hex digits"),
    engine: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,40}\/[0-9]+\.[0-9]+$/, "must be a name and a version without patch"),
    hardware: z.enum([...HARDWARE_CLASS_NAMES]),
    speculation: z.string().min(1).max(32),
    positions: count.min(1),
    misses: count,
    surprisalSlackMillinats: z.number().int().min(0).max(5_000),
    measuredUnixMs: unixMs,
    frozenUntilUnixMs: unixMs.default(0),
  })
  .refine(({ misses, positions }) => misses <= positions, "has more misses than positions");
const cellsSchema = z.array(cellSchema).max(CELLS_MAX);

/**
 * Cells from outside.
 * @throws FlockError `invalid_argument` saying which of them is wrong
 */
export function checkedCells(value: unknown): Cell[] {
  const read = cellsSchema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new FlockError("invalid_argument", `cells.${issue?.path.join(".")}: ${issue?.message}`);
}

/** The cells of a file; absent: those that are shipped. */
export async function readCells(file: string | undefined): Promise<Cell[]> {
  const path = file ?? new URL("../calibration.json", import.meta.url);
  const text = await readFile(path, "utf8");
  try {
    return checkedCells(JSON.parse(text));
  } catch (cause) {
    throw new FlockError("invalid_argument", "the file of calibration cannot be read", { cause });
  }
}
