import { closeSync, openSync, readSync } from "node:fs";
import { FlockError } from "@flock/errors";
import { type LineBlock, LineBlocks } from "./line-blocks.js";

/**
 * Gives the bytes of a statement's file to `onBlock`, leaf by leaf, read synchronously: for commands, not for services.
 * @throws FlockError `not_found` when it cannot be opened, `invalid_argument` when it is no statement.
 */
export function readBlocksOfFile(path: string, onBlock: (block: LineBlock) => void): void {
  const file = openForReading(path);
  try {
    const blocks = new LineBlocks(onBlock);
    for (;;) {
      const { room } = blocks;
      const count = readSync(file, room, 0, room.length, null);
      if (count === 0) break;
      blocks.took(count);
    }
    blocks.end();
  } finally {
    closeSync(file);
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw new FlockError("not_found", `the file ${path} cannot be opened`, { cause });
  }
}
