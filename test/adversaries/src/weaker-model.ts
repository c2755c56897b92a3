import { readFile, writeFile } from "node:fs/promises";
import { FlockError } from "@flock/errors";
import { GgmlType, readGgufFileInfo } from "node-llama-cpp";

/** How a copy of a model is weaker than the model. */
export interface Weakness {
  /** These layers do nothing: what they add to the others is zero. */
  readonly idleLayers?: readonly number[];
  /** Weights of all layers are rounded to so many bits; 8: as they are. */
  readonly bits?: number;
}

/** A block of Q8_0: a scale in 16 bits and 32 whole numbers of 8. */
const BLOCK_BYTES = 34;
const SCALE_BYTES = 2;
const WEIGHTS_PER_BLOCK = 32;

/** Writes a weaker copy of a model whose matrices are Q8_0. It loads as the model does, and has another digest. */
export async function writeWeakerModel(
  file: string,
  target: string,
  { idleLayers = [], bits = 8 }: Weakness,
): Promise<void> {
  const info = await readGgufFileInfo(file, { logWarnings: false });
  const bytes = await readFile(file);
  const idle = new Set(
    idleLayers.flatMap((layer) => ["attn_output", "ffn_down"].map((part) => `blk.${layer}.${part}.weight`)),
  );
  for (const { name, ggmlType, dimensions, fileOffset } of info.fullTensorInfo ?? []) {
    if (!name.startsWith("blk.") || dimensions.length < 2) continue;
    if (ggmlType !== GgmlType.Q8_0)
      throw new FlockError(
        "invalid_argument",
        `${name} is not Q8_0: there is no weaker copy of such a model`,
      );
    const weights = dimensions.reduce<number>((product, size) => product * Number(size), 1);
    const start = Number(fileOffset);
    const end = start + (weights / WEIGHTS_PER_BLOCK) * BLOCK_BYTES;
    if (idle.has(name)) bytes.fill(0, start, end);
    else for (let block = start; block < end; block += BLOCK_BYTES) coarsen(bytes, block, bits);
  }
  await writeFile(target, bytes);
}

function coarsen(bytes: Buffer, block: number, bits: number): void {
  const step = 2 ** (8 - bits);
  if (step === 1) return;
  for (let at = block + SCALE_BYTES; at < block + BLOCK_BYTES; at++) {
    const rounded = Math.round(bytes.readInt8(at) / step) * step;
    bytes.writeInt8(Math.max(-128, Math.min(127, rounded)), at);
  }
}
