import fc from "fast-check";
import { jobFault } from "../src/division/job-arithmetic.js";
import { JobScanner } from "../src/prove/job-scanner.js";
import { parseLine } from "../src/statement/parse-line.js";
import { encodeLine, type JobLine } from "../src/statement/statement-line.js";
import { jobLines } from "./statement-lines.js";

/** What the strict reader makes of bytes: a job that is right, or undefined. */
function strictly(bytes: Buffer): JobLine | undefined {
  try {
    const line = parseLine(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return line.kind === "job" && jobFault(line) === undefined ? line : undefined;
  } catch {
    return undefined;
  }
}

/** What the scanner makes of bytes, in the middle of others. */
function quickly(line: Buffer) {
  const bytes = Buffer.concat([Buffer.from("…"), line, Buffer.from("{")]);
  const scanner = new JobScanner();
  if (!scanner.scan(bytes, 3, 3 + line.length)) return undefined;
  const { charge, workerShare, protocolShare, isClawedBack } = scanner;
  return {
    job: bytes.toString("latin1", scanner.jobStart, scanner.jobEnd),
    account: bytes.toString("latin1", scanner.accountStart, scanner.accountEnd),
    worker: bytes.toString("latin1", scanner.workerStart, scanner.workerEnd),
    charge: BigInt(charge),
    workerShare: BigInt(workerShare),
    protocolShare: BigInt(protocolShare),
    isClawedBack,
  };
}

describe("the fast reader of job lines", () => {
  it("reads what the strict one reads, whenever it reads it at all", () => {
    let read = 0;
    fc.assert(
      fc.property(jobLines, (job) => {
        const quick = quickly(Buffer.from(encodeLine(job)));
        if (quick === undefined) return;
        read += 1;
        expect(job).toMatchObject(quick);
      }),
      { numRuns: 500 },
    );
    expect(read).toBeGreaterThan(50);
  });

  it("never accepts bytes that the strict one refuses", () => {
    const changes = fc.record({
      at: fc.nat(),
      removed: fc.integer({ min: 0, max: 2 }),
      added: fc.uint8Array({ maxLength: 2 }),
    });
    const interesting = fc.constantFrom(...'"\\,:[]{}0129 \n\u007faé');
    fc.assert(
      fc.property(jobLines, changes, fc.option(interesting, { nil: undefined }), (job, change, character) => {
        const line = Buffer.from(encodeLine({ ...job, model: "m", digest: "d" }));
        const at = change.at % line.length;
        const added = character === undefined ? change.added : Buffer.from(character);
        const altered = Buffer.concat([line.subarray(0, at), added, line.subarray(at + change.removed)]);
        const quick = quickly(altered);
        if (quick === undefined) return;
        expect(strictly(altered)).toMatchObject(quick);
      }),
      { numRuns: 20_000 },
    );
  });

  it("leaves to the strict one what it cannot hold: large amounts, escapes, other characters than ASCII", () => {
    const [job] = fc.sample(jobLines, { seed: 1, numRuns: 1 });
    if (job === undefined) throw new Error("no job was generated");
    const plain = { ...job, model: "m", digest: "d", promptTokens: 1n, completionTokens: 0n };
    for (const model of ['a"b', "a\\b", "é", "\u0000"]) {
      expect(quickly(Buffer.from(encodeLine({ ...plain, model })))).toBeUndefined();
    }
  });

  it("accepts no share that is off by one, at any amount", () => {
    fc.assert(
      fc.property(jobLines, fc.constantFrom(-1n, 1n), fc.boolean(), (job, off, isShift) => {
        // CAST: amounts that may be wrong, or even negative, are the point.
        const wrong = {
          ...job,
          workerShare: (job.workerShare + off) as JobLine["workerShare"],
          protocolShare: (job.protocolShare - (isShift ? off : 0n)) as JobLine["protocolShare"],
        };
        expect(quickly(Buffer.from(encodeLine({ ...wrong, model: "m", digest: "d" })))).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });
});
