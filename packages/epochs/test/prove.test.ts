import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { leafHash, MerkleRoot } from "../src/merkle/merkle-tree.js";
import { nodeSha256 } from "../src/merkle/node-sha256.js";
import { verifyCompactProof } from "../src/prove/compact-proof.js";
import type { Party } from "../src/prove/party.js";
import { makeCompactProof, proveFromStatement } from "../src/prove/prove.js";
import { proveFromStream } from "../src/prove/statement-stream.js";
import { LINES_PER_LEAF } from "../src/statement/leaves.js";
import { parseLine } from "../src/statement/parse-line.js";
import { encodeLine } from "../src/statement/statement-line.js";
import { type SyntheticEpoch, syntheticId, writeSyntheticEpoch } from "../src/testing/synthetic-epoch.js";

const EPOCH: SyntheticEpoch = { jobs: 200, workers: 5, accounts: 7, stakers: 3, seed: 11 };
const WORKER: Party = { kind: "worker", id: syntheticId("worker", 2) };
const ACCOUNT: Party = { kind: "account", id: syntheticId("account", 4) };
const STAKER: Party = { kind: "staker", id: syntheticId("staker", 1) };
const PARTIES = [WORKER, ACCOUNT, STAKER];

let directory: string;
let path: string;
const lines: string[] = [];
let root: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "flock-prove-"));
  path = join(directory, "statement.jsonl");
  ({ root } = writeSyntheticEpoch(EPOCH, (text) => lines.push(text)));
  writeFileSync(path, lines.join(""));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The root of whatever bytes, as somebody would compute who wants to pass them for a statement. */
function forgedRoot(texts: readonly string[]): string {
  const tree = new MerkleRoot(nodeSha256);
  for (let at = 0; at < texts.length; at += LINES_PER_LEAF) {
    tree.append(leafHash(nodeSha256, Buffer.from(texts.slice(at, at + LINES_PER_LEAF).join(""))));
  }
  return bytesToHex(tree.root());
}

/** Proves `party` from altered lines; the refusal's message, or "proven". */
function attempt(texts: readonly string[] | Buffer, against: string, party: Party): string {
  const altered = join(directory, "altered.jsonl");
  writeFileSync(altered, Buffer.isBuffer(texts) ? texts : texts.join(""));
  try {
    proveFromStatement({ path: altered, root: against, party });
    return "proven";
  } catch (thrown) {
    expect(thrown).toMatchObject({ name: "FlockError" });
    return String(thrown);
  }
}

describe("a proof from a whole statement", () => {
  it.each(PARTIES)("gives what the job lines of %j add up to", (party) => {
    const proven = proveFromStatement({ path, root: root.toUpperCase(), party });
    const own = lines.map(parseLine).filter((line) => line.kind === "job");
    const jobs = own.filter((job) => party.kind !== "staker" && job[party.kind] === party.id);
    expect(proven).toMatchObject({ root, lines: lines.length, jobs: jobs.length });
    const leaf = lines.slice(proven.leaf * LINES_PER_LEAF, (proven.leaf + 1) * LINES_PER_LEAF);
    expect(leaf).toContain(encodeLine(proven.line));
    const kept = jobs.filter((job) => !job.isClawedBack);
    const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
    if (proven.line.kind === "worker") {
      const mine = sum(kept.map((job) => job.protocolShare));
      const all = sum(own.filter((job) => !job.isClawedBack).map((job) => job.protocolShare));
      expect(proven.line.vest).toBe(sum(kept.map((job) => job.workerShare)));
      // The cap of 50 % decides, the schedule being far above it.
      expect(proven.line.emission).toBe(((all / 2n) * mine) / all);
    }
    if (proven.line.kind === "account") expect(proven.line.charge).toBe(sum(jobs.map((job) => job.charge)));
    if (proven.line.kind === "staker") expect(proven.line.reward).toBe(proven.total.stakingRewards / 3n);
  });

  it("is refused for another root, and for a party that the statement does not name", () => {
    expect(attempt(lines, "0".repeat(64), WORKER)).toContain(`the statement's root is ${root}, not 0000`);
    expect(attempt(lines, root, { kind: "worker", id: "nobody" })).toContain("has no worker nobody");
  });

  it("is the same from a stream, however it is cut, and refused when the stream is", async () => {
    const bytes = Buffer.from(lines.join(""));
    const cut = async function* (size: number, end = bytes.length) {
      for (let at = 0; at < end; at += size) yield bytes.subarray(at, Math.min(at + size, end));
    };
    const fromFile = proveFromStatement({ path, root, party: WORKER });
    for (const size of [1, 1_000, bytes.length])
      expect(await proveFromStream(cut(size), { root, party: WORKER })).toEqual(fromFile);
    const half = proveFromStream(cut(1_000, bytes.length - 7), { root, party: WORKER });
    await expect(half).rejects.toThrow("not ended");
    const before = proveFromStream(cut(1_000, bytes.lastIndexOf("\n", -2) + 1), { root, party: WORKER });
    await expect(before).rejects.toThrow("cut off");
  });

  it("is refused for a file that is not there", () => {
    const request = { path: join(directory, "nothing"), root, party: WORKER };
    expect(() => proveFromStatement(request)).toThrow(expect.objectContaining({ code: "not_found" }));
  });

  it("is refused when any byte of the statement is another", () => {
    const bytes = Buffer.from(lines.join(""));
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom(...PARTIES),
        (at, change, party) => {
          const altered = Buffer.from(bytes);
          altered[at % bytes.length] = (altered[at % bytes.length] ?? 0) ^ change;
          expect(attempt(altered, root, party)).not.toBe("proven");
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is refused when a line is missing, twice, or at another place, even with a root made for it", () => {
    for (const [index, line] of lines.entries()) {
      if (index % 7 > 0 && index > 5 && index < lines.length - 20) continue;
      const without = lines.toSpliced(index, 1);
      const altered = [
        without,
        lines.toSpliced(index, 0, line),
        without.toSpliced(index + 1, 0, line),
        [...without, line],
        [line, ...without],
      ].filter((texts) => texts.join("") !== lines.join(""));
      for (const texts of altered) {
        expect(attempt(texts, root, WORKER)).not.toBe("proven");
        expect(attempt(texts, forgedRoot(texts), STAKER)).not.toBe("proven");
      }
    }
  });

  it("is refused when any number is another, even with a root made for it", () => {
    const facts =
      /"(?:epoch|startMs|endMs|parametersVersion|emissionFirstEpochMicro|emissionHalfLifeEpochs|rewardsPool)":/;
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 9 }), (row, at, change) => {
        const index = row % lines.length;
        const line = lines[index] ?? "";
        const numbers = [...line.matchAll(/(?<="|:|\[)\d+(?="|,|\])/g)];
        const number = numbers[at % Math.max(1, numbers.length)];
        if (number === undefined) return;
        // What nothing else in the statement follows from, or what decides nothing this time, is a fact that the root
        // alone vouches for.
        if (index === 0 && facts.test(line.slice(0, number.index).replace(/.*[{,]/, ""))) return;
        const field = line.slice(0, number.index).replace(/.*[{,](?="[a-zA-Z]+":)/, "");
        if (/"(tokens|prices|held|workerShareBps)"/.test(field)) return;
        const other = (BigInt(number[0]) + BigInt(change)).toString();
        const texts = lines.toSpliced(
          index,
          1,
          line.slice(0, number.index) + other + line.slice(number.index + number[0].length),
        );
        expect([field, attempt(texts, forgedRoot(texts), WORKER)]).not.toEqual([field, "proven"]);
      }),
      { numRuns: 300 },
    );
  });

  it("is refused when a job of the party is given to another, even with a root and sums made for it", () => {
    const index = lines.findIndex((line) => line.startsWith('{"job"') && line.includes(WORKER.id));
    const texts = lines.with(index, (lines[index] ?? "").replace(WORKER.id, syntheticId("worker", 3)));
    expect(attempt(texts, forgedRoot(texts), WORKER)).toContain(`jobs of ${WORKER.id}`);
    expect(attempt(texts, forgedRoot(texts), { kind: "worker", id: syntheticId("worker", 3) })).toContain(
      "jobs of",
    );
  });

  it.each([
    ["nothing", ""],
    ["something else", "hello\n"],
    ["a line without an end", "x".repeat(40_000)],
    ["bytes that are not UTF-8", "\xff\xfe\n"],
  ])("is refused for %s", (_, content) => {
    expect(attempt(Buffer.from(content, "latin1"), root, WORKER)).toContain("FlockError");
  });

  it("is refused for a statement that is cut off anywhere", () => {
    const whole = lines.join("");
    for (let cut = 0; cut < whole.length; cut += 997) {
      expect(attempt([whole.slice(0, cut)], root, WORKER)).not.toBe("proven");
    }
    const withoutTotal = lines.slice(0, -1);
    expect(attempt(withoutTotal, forgedRoot(withoutTotal), WORKER)).toContain("it is cut off");
  });

  it("reads statements longer than its buffer, with lines across its ends", () => {
    const long: string[] = [];
    const epoch = { jobs: 20_000, workers: 9, accounts: 9, stakers: 0, seed: 5 };
    const finished = writeSyntheticEpoch(epoch, (text) => long.push(text));
    const longPath = join(directory, "long.jsonl");
    writeFileSync(longPath, long.join(""));
    const proven = proveFromStatement({ path: longPath, root: finished.root, party: WORKER });
    expect(proven).toMatchObject({ root: finished.root, lines: finished.lines, total: finished.total });
  });
});

describe("the README's statement", () => {
  it("is one", () => {
    const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
    const [, example = ""] = /```json\n([\s\S]*?)```/.exec(readme) ?? [];
    const texts = example.split(/(?<=\n)/);
    const party: Party = { kind: "worker", id: syntheticId("worker", 0) };
    expect(attempt(texts, forgedRoot(texts), party)).toBe("proven");
  });
});

describe("a compact proof", () => {
  it.each(PARTIES)("of %j gives the same as the whole statement, without it", (party) => {
    const { proof, ...proven } = makeCompactProof({ path, root, party });
    const read = verifyCompactProof(JSON.stringify(proof), root);
    expect(read).toEqual({
      party,
      header: proven.header,
      total: proven.total,
      line: proven.line,
      jobs: proven.jobs,
    });
  });

  it("is refused for another root", () => {
    const { proof } = makeCompactProof({ path, root, party: ACCOUNT });
    expect(() => verifyCompactProof(JSON.stringify(proof), "0".repeat(64))).toThrow("leads to the root");
  });

  it("is refused when any character of it is another", () => {
    const texts = PARTIES.map((party) => JSON.stringify(makeCompactProof({ path, root, party }).proof));
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 33, max: 126 }), (which, at, code) => {
        const text = texts[which % texts.length] ?? "";
        const place = at % text.length;
        const altered = text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1);
        if (altered === text) return;
        expect(() => verifyCompactProof(altered, root)).toThrow(
          expect.objectContaining({ name: "FlockError" }),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("is refused without one of its leaves, with one twice, or with two exchanged", () => {
    const { proof } = makeCompactProof({ path, root, party: WORKER });
    const refuses = (parts: typeof proof.parts) =>
      expect(() => verifyCompactProof(JSON.stringify({ ...proof, parts }), root)).toThrow(
        expect.objectContaining({ name: "FlockError" }),
      );
    for (const [index, part] of proof.parts.entries()) {
      refuses(proof.parts.toSpliced(index, 1));
      refuses(proof.parts.toSpliced(index, 0, part));
      if (index < proof.parts.length - 1) refuses([...proof.parts.toSpliced(index, 1), part]);
    }
  });
});
