import { FlockError } from "@flock/errors";
import { backUp, type FoundFile, modeFor, readCarefully, writeCarefully } from "./careful-file.js";
import type { Change } from "./change.js";
import { removeEntries } from "./removal.js";
import { changedLines } from "./text-changes.js";
import type { Edit, Entered } from "./tool.js";
import { hashOf, type WrittenFile, type WrittenRecord } from "./written-record.js";

interface Prepared {
  readonly edit: Edit;
  readonly found: FoundFile | undefined;
  readonly entered: Entered;
  readonly earlier: WrittenFile | undefined;
}

/**
 * Makes the edits of a tool: all of them, or, if one is refused, none. What is as it should be is not written.
 * @param isDryRun tells what would be done, and does nothing.
 */
export async function applyEdits(
  tool: string,
  edits: readonly Edit[],
  record: WrittenRecord,
  { now, isDryRun }: { now: Date; isDryRun: boolean },
): Promise<Change[]> {
  const prepared: Prepared[] = [];
  for (const edit of edits) {
    const found = await readCarefully(edit.file);
    await checkNeighbour(edit, found);
    const earlier = record.of(tool).find(({ file }) => file === edit.file);
    prepared.push({ edit, found, earlier, entered: edit.enter(found?.text ?? "", earlier !== undefined) });
  }
  const changes: Change[] = [];
  for (const each of prepared) changes.push(await make(tool, each, record, now, isDryRun));
  return changes;
}

async function checkNeighbour({ file, unless }: Edit, found: FoundFile | undefined): Promise<void> {
  if (unless === undefined || found !== undefined || (await readCarefully(unless.file)) === undefined) return;
  throw new FlockError("failed_precondition", `${unless.file} is there and ${file} is not: ${unless.reason}`);
}

async function make(
  tool: string,
  { edit, found, entered, earlier }: Prepared,
  record: WrittenRecord,
  now: Date,
  isDryRun: boolean,
): Promise<Change> {
  const { file, entries, marking, holdsKey } = edit;
  const mode = modeFor(found, holdsKey);
  const isSame = found?.text === entered.text && found.mode === mode;
  const notes = [...entered.notes, ...modeNotes(file, found, mode)];
  const change: Change = {
    file,
    action: isSame ? "keep" : found === undefined ? "create" : "change",
    what: entries,
    backup: null,
    lines: changedLines(found?.text ?? "", entered.text),
    notes,
  };
  if (isDryRun || (isSame && earlier !== undefined)) return change;
  const wrote = hashOf(entered.text);
  const isUntouched = earlier !== undefined && found !== undefined && hashOf(found.text) === earlier.wrote;
  const backup = found === undefined || isSame || isUntouched ? null : await backUp(found, now);
  const isFromBefore = found === undefined || removeEntries(found.text, file, tool, marking) === found.text;
  await record.put(
    tool,
    // Of a file that is still as we wrote it, what was before it is what was before the first time.
    isUntouched ? { ...earlier, wrote } : { file, marking, wrote, backup, is_from_before: isFromBefore },
  );
  if (isSame) return change;
  await writeCarefully(file, found, entered.text, mode);
  return { ...change, backup };
}

function modeNotes(file: string, found: FoundFile | undefined, mode: number): string[] {
  if (found === undefined || found.mode === mode) return [];
  return [`${file} is for your eyes alone from now on, because the key is in it.`];
}
