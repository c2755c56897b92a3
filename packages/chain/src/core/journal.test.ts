import { appendFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { Journal } from "./journal.js";

let directory: TestDirectory;
let file: string;
beforeEach(async () => {
  directory = await createTestDirectory();
  file = join(directory.path, "journal");
});
afterEach(() => directory.remove());

const fork = (afterSlot: number) => ({ kind: "fork" as const, afterSlot, tipSlot: afterSlot + 1 });

describe("Journal", () => {
  it("gives back each entry at its position, and all in order after a restart", () => {
    const journal = new Journal(file);
    const positions = [...journal.append([fork(1), fork(2)]), ...journal.append([fork(3)])];
    expect(positions.map((position) => journal.read(position))).toEqual([fork(1), fork(2), fork(3)]);
    expect(journal.end).toBe(statSync(file).size);
    journal.close();
    const again = new Journal(file);
    const replayed = [...again.replay()];
    expect(replayed.map(({ entry }) => entry)).toEqual([fork(1), fork(2), fork(3)]);
    expect(replayed.map(({ offset, bytes }) => ({ offset, bytes }))).toEqual(positions);
    again.close();
  });

  it("cuts off a torn end and goes on behind the last whole entry", () => {
    const journal = new Journal(file);
    journal.append([fork(1)]);
    const whole = journal.end;
    journal.close();
    appendFileSync(file, "half an ent");
    const again = new Journal(file);
    expect([...again.replay()]).toHaveLength(1);
    expect(again.end).toBe(whole);
    const [position] = again.append([fork(2)]);
    expect(position?.offset).toBe(whole);
    again.close();
    const third = new Journal(file);
    expect([...third.replay()].map(({ entry }) => entry)).toEqual([fork(1), fork(2)]);
    third.close();
  });

  it("refuses a whole line whose checksum is wrong", () => {
    const journal = new Journal(file);
    journal.append([fork(1)]);
    const { end } = journal;
    journal.close();
    appendFileSync(file, `0000000000000000 ${JSON.stringify(fork(2))}\n`);
    const again = new Journal(file);
    expect(() => [...again.replay()]).toThrow(`is damaged at byte ${end}`);
    again.close();
  });
});
