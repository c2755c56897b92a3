import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { Journal } from "./journal.js";

/** Whatever is appended at once fills a file, and every entry a block. */
const SIZES = { fileBytes: 1, blockBytes: 1 };

let directory: TestDirectory;
let journal: Journal;
beforeEach(async () => {
  directory = await createTestDirectory();
  journal = new Journal(directory.path);
});
afterEach(async () => {
  journal.close();
  await directory.remove();
});

const fork = (afterSlot: number) => ({ kind: "fork" as const, afterSlot, tipSlot: afterSlot + 1 });

function reopen(sizes?: typeof SIZES): void {
  journal.close();
  journal = new Journal(directory.path, sizes);
}

function entries() {
  return [...journal.replay("beginning")].map(({ entry }) => entry);
}

/** Everything that was appended before is final. */
function archiveAll(): void {
  const rules = { isFinal: () => true, isStanding: () => true };
  while (journal.archiveBlock(rules));
}

describe("a journal", () => {
  it("gives back each entry at its position, and all in order after a restart", () => {
    const positions = [...journal.append([fork(1), fork(2)]), ...journal.append([fork(3)])];
    expect(positions.map((position) => journal.read(position))).toEqual([fork(1), fork(2), fork(3)]);
    expect(journal.end).toBe(statSync(join(directory.path, "journal.0")).size);
    reopen();
    const replayed = [...journal.replay("beginning")];
    expect(replayed.map(({ entry }) => entry)).toEqual([fork(1), fork(2), fork(3)]);
    expect(replayed.map(({ offset, bytes }) => ({ offset, bytes }))).toEqual(positions);
  });

  it("cuts off a torn end and goes on behind the last whole entry", () => {
    journal.append([fork(1)]);
    const whole = journal.end;
    appendFileSync(join(directory.path, "journal.0"), "half an ent");
    reopen();
    expect(entries()).toEqual([fork(1)]);
    expect(journal.end).toBe(whole);
    expect(journal.append([fork(2)])[0]?.offset).toBe(whole);
    reopen();
    expect(entries()).toEqual([fork(1), fork(2)]);
  });

  it("refuses a whole line whose checksum is wrong", () => {
    journal.append([fork(1)]);
    const { end } = journal;
    appendFileSync(join(directory.path, "journal.0"), `0000000000000000 ${JSON.stringify(fork(2))}\n`);
    reopen();
    expect(entries).toThrow(`is damaged at byte ${end}`);
  });

  it("keeps an entry's position when it is archived", () => {
    reopen(SIZES);
    const positions = [1, 2, 3].flatMap((slot) => {
      const appended = journal.append([fork(slot), fork(slot + 10)]);
      journal.beginFileIfFull();
      return appended;
    });
    archiveAll();
    const all = [fork(1), fork(11), fork(2), fork(12), fork(3), fork(13)];
    for (const _ of ["at once", "after a restart"]) {
      expect(readdirSync(directory.path).sort()).toEqual(["archive", `journal.${journal.end}`]);
      expect(positions.map((position) => journal.read(position))).toEqual(all);
      expect([...journal.archived()].flatMap(({ forks }) => forks)).toEqual(all);
      expect(entries()).toEqual(all);
      expect([...journal.replay("archive")]).toEqual([]);
      reopen(SIZES);
    }
  });

  it("archives nothing before it is final, nor what is in the file that takes new entries", () => {
    reopen(SIZES);
    const isStanding = () => true;
    journal.append([fork(1)]);
    expect(journal.archiveBlock({ isFinal: () => true, isStanding })).toBe(false);
    journal.beginFileIfFull();
    expect(journal.archiveBlock({ isFinal: () => false, isStanding })).toBe(false);
    expect(journal.archivedEnd).toBe(0);
    expect(journal.archiveBlock({ isFinal: () => true, isStanding })).toBe(true);
    expect(journal.archivedEnd).toBe(journal.end);
  });

  it("goes on with the file of a directory from before there was an archive", () => {
    journal.append([fork(1), fork(2)]);
    journal.close();
    renameSync(join(directory.path, "journal.0"), join(directory.path, "journal"));
    rmSync(join(directory.path, "archive"));
    journal = new Journal(directory.path, SIZES);
    expect(entries()).toEqual([fork(1), fork(2)]);
    journal.beginFileIfFull();
    archiveAll();
    journal.append([fork(3)]);
    expect(entries()).toEqual([fork(1), fork(2), fork(3)]);
  });

  it("cuts off a block that a crash tore, wherever it tore it, and archives its lines again", () => {
    reopen(SIZES);
    journal.append([fork(1)]);
    journal.beginFileIfFull();
    archiveAll();
    journal.append([fork(2), fork(3)]);
    journal.beginFileIfFull();
    const archive = join(directory.path, "archive");
    const file = join(directory.path, `journal.${journal.archivedEnd}`);
    const [before, lines] = [readFileSync(archive), readFileSync(file)];
    archiveAll();
    const after = readFileSync(archive);
    for (let size = before.length; size <= after.length; size += 7) {
      writeFileSync(archive, after.subarray(0, size));
      writeFileSync(file, lines);
      reopen(SIZES);
      expect(entries()).toEqual([fork(1), fork(2), fork(3)]);
      archiveAll();
      expect(readFileSync(archive)).toEqual(after);
    }
  });

  it("refuses an archive that is damaged or gone where no file has its lines any more", () => {
    reopen(SIZES);
    for (const slot of [1, 2]) {
      journal.append([fork(slot)]);
      journal.beginFileIfFull();
    }
    archiveAll();
    const archive = join(directory.path, "archive");
    const bytes = readFileSync(archive);
    for (const cut of [bytes.length - 1, bytes.length - 50, 0]) {
      writeFileSync(archive, bytes.subarray(0, cut));
      expect(() => new Journal(directory.path)).toThrow("is damaged at byte");
    }
    writeFileSync(archive, bytes.fill(7, bytes.length - 20));
    reopen();
    expect(entries).toThrow("archive is damaged at byte");
  });
});
