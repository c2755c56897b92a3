import { rm } from "node:fs/promises";
import { backupIsThere, type FoundFile, readCarefully, restore, writeCarefully } from "./careful-file.js";
import type { Change } from "./change.js";
import { removeEntries } from "./removal.js";
import { changedLines } from "./text-changes.js";
import { hashOf, type WrittenFile, type WrittenRecord } from "./written-record.js";

/**
 * Takes back what was written for a tool. A file that is as we wrote it becomes what it was before, byte by byte. One
 * that somebody has changed since keeps their changes, and loses our entries.
 */
export async function undoEdits(tool: string, record: WrittenRecord, isDryRun: boolean): Promise<Change[]> {
  const changes: Change[] = [];
  // What was written last goes first: a profile before the file that it loads.
  for (const written of record.of(tool).toReversed()) {
    const found = await readCarefully(written.file);
    const change = await undoOne(tool, written, found, isDryRun);
    if (!isDryRun) await record.drop(tool, written.file);
    changes.push(change);
  }
  return changes;
}

async function undoOne(
  tool: string,
  { file, marking, wrote, backup, is_from_before: isFromBefore }: WrittenFile,
  found: FoundFile | undefined,
  isDryRun: boolean,
): Promise<Change> {
  const change = { file, backup: null, lines: [], notes: [] };
  if (found === undefined) return { ...change, action: "forget", what: "it is gone already" };
  const isUntouched = hashOf(found.text) === wrote && isFromBefore;
  if (isUntouched && backup === null) {
    if (!isDryRun) await rm(found.path);
    return { ...change, action: "delete", what: "it was not there before" };
  }
  if (isUntouched && backup !== null && (await backupIsThere(backup))) {
    if (!isDryRun) await restore(found, backup);
    return { ...change, action: "restore", what: `as it was before, from ${backup}` };
  }
  const text = removeEntries(found.text, file, tool, marking);
  if (text === found.text) return { ...change, action: "forget", what: "nothing of ours is in it any more" };
  if (!isDryRun) await writeCarefully(file, found, text, found.mode);
  const what = "it was changed since: our entries are taken out, and all else stays";
  const notes = backup === null ? [] : [`The copy from before stays: ${backup}`];
  return { ...change, action: "take out", what, lines: changedLines(found.text, text), notes };
}
