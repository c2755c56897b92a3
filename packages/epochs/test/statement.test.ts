import { microLlama } from "@flock/money";
import { bytesToHex } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { leafHash, MerkleRoot } from "../src/merkle/merkle-tree.js";
import { nodeSha256 } from "../src/merkle/node-sha256.js";
import { LINES_PER_LEAF } from "../src/statement/leaves.js";
import { parseLine } from "../src/statement/parse-line.js";
import { StatementBuilder } from "../src/statement/statement-builder.js";
import { encodeLine, type JobLine } from "../src/statement/statement-line.js";
import { writeSyntheticEpoch } from "../src/testing/synthetic-epoch.js";
import { defaultRules } from "./legal-rules.js";
import { anyLine } from "./statement-lines.js";

const HEADER = {
  epoch: 0,
  startMs: 0,
  endMs: 60_000,
  parametersVersion: 1,
  rules: defaultRules,
  rewardsPool: microLlama(10n ** 15n),
  stakeWeight: 4n,
};

function job(over: Partial<JobLine> = {}): Omit<JobLine, "kind"> {
  return {
    job: "j1",
    account: "alice",
    worker: "wanda",
    model: "flock-tiny",
    digest: "d",
    promptTokens: 10n,
    completionTokens: 90n,
    promptPrice: microLlama(100n),
    completionPrice: microLlama(100n),
    held: microLlama(10_000n),
    workerShareBps: 9_500,
    charge: microLlama(10_000n),
    workerShare: microLlama(9_500n),
    protocolShare: microLlama(500n),
    isClawedBack: false,
    receipt: undefined,
    ...over,
  };
}

const WANDA = {
  worker: "wanda",
  jobs: 1n,
  jobsClawedBack: 0n,
  protocolShare: microLlama(500n),
  vest: microLlama(9_500n),
};
const ALICE = { account: "alice", jobs: 1n, charge: 10_000n };
const STAKER = { staker: "sam", weight: microLlama(4n) };

function started(): StatementBuilder {
  const builder = new StatementBuilder();
  builder.header(HEADER);
  return builder;
}

describe("a statement line", () => {
  it("of any kind is read as it was written", () => {
    fc.assert(
      fc.property(anyLine, (line) => {
        expect(parseLine(encodeLine(line))).toEqual(line);
      }),
    );
  });

  it("that is altered in any byte is either refused or another line, never the same one", () => {
    fc.assert(
      fc.property(anyLine, fc.nat(), fc.integer({ min: 32, max: 126 }), (line, at, code) => {
        const text = encodeLine(line);
        const place = at % text.length;
        const altered = text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1);
        if (altered === text) return;
        let read: unknown = "refused";
        try {
          read = parseLine(altered);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: "invalid_argument" });
        }
        expect(read).not.toEqual(line);
      }),
    );
  });

  it.each([
    ["", "it begins like no line"],
    ['{"toString":1}\n', "it begins like no line"],
    ['{"worker":\n', "it is not JSON"],
    ['{"account":"a","jobs":"1","charge":"5"}', "it is not in canonical form"],
    ['{"account":"a","jobs":"1","charge":"5"} \n', "it is not in canonical form"],
    ['{"account":"a","charge":"5","jobs":"1"}\n', "it is not in canonical form"],
    ['{"account":"a","jobs":"1","charge":"5","x":1}\n', "it is not in canonical form"],
    ['{"account":"\\u0061","jobs":"1","charge":"5"}\n', "it is not in canonical form"],
    ['{"account":"a","jobs":"01","charge":"5"}\n', "at jobs"],
    ['{"account":"a","jobs":1,"charge":"5"}\n', "at jobs"],
    ['{"account":"a","jobs":"1","charge":"-5"}\n', "at charge"],
    ['{"account":"a b","jobs":"1","charge":"5"}\n', "at account"],
    ['{"staker":"a","weight":"9223372036854775808","reward":"0"}\n', "at weight"],
  ])("%j is refused: %s", (text, why) => {
    expect(() => parseLine(text)).toThrow(why);
  });

  it("with rules outside the legal box is refused by their names", () => {
    const text = encodeLine({ kind: "header", ...HEADER });
    expect(() => parseLine(text.replace('"emissionCapBps":5000', '"emissionCapBps":6000'))).toThrow(
      "emissionCapBps and feeStakersBps add up to 10000 bps, above 9900",
    );
  });
});

describe("the statement of an epoch", () => {
  it("with one job is six lines that follow from it", () => {
    const builder = started();
    const texts = [builder.job(job()), builder.worker(WANDA), builder.staker(STAKER), builder.account(ALICE)];
    const { text, total, lines } = builder.end();
    expect(texts.slice(1).map((each) => JSON.parse(each))).toEqual([
      {
        worker: "wanda",
        jobs: "1",
        jobsClawedBack: "0",
        protocolShare: "500",
        vest: "9500",
        emission: "250",
      },
      { staker: "sam", weight: "4", reward: "200" },
      { account: "alice", jobs: "1", charge: "10000" },
    ]);
    expect(total).toMatchObject({
      toLiquidity: 150n,
      toDev: 150n,
      toSlashed: 0n,
      feesKept: 0n,
      emission: 250n,
    });
    expect(text).toBe(encodeLine(total));
    expect(lines).toBe(6);
  });

  it("without any jobs or stakers is a header and a total", () => {
    const builder = new StatementBuilder();
    builder.header({ ...HEADER, stakeWeight: 0n });
    expect(builder.end()).toMatchObject({ lines: 2, total: { jobs: 0n, emission: 0n, feesKept: 0n } });
  });

  it("counts a job that was clawed back for its account, and its protocol share for pool:slashed", () => {
    const builder = started();
    builder.job(job({ isClawedBack: true }));
    const line = builder.worker({
      ...WANDA,
      jobs: 0n,
      jobsClawedBack: 1n,
      protocolShare: microLlama(0n),
      vest: microLlama(0n),
    });
    expect(JSON.parse(line)).toMatchObject({ vest: "0", emission: "0" });
    builder.staker(STAKER);
    builder.account(ALICE);
    expect(builder.end().total).toMatchObject({
      toSlashed: 500n,
      toDev: 0n,
      stakingRewards: 0n,
      feesKept: 0n,
    });
  });

  it("has the root of the tree over its blocks of lines", () => {
    const lines: string[] = [];
    const { root } = writeSyntheticEpoch(
      { jobs: 50, workers: 3, accounts: 4, stakers: 2, seed: 1 },
      (text) => {
        lines.push(text);
      },
    );
    const tree = new MerkleRoot(nodeSha256);
    for (let at = 0; at < lines.length; at += LINES_PER_LEAF) {
      tree.append(leafHash(nodeSha256, Buffer.from(lines.slice(at, at + LINES_PER_LEAF).join(""))));
    }
    expect(root).toBe(bytesToHex(tree.root()));
  });

  const written: [string, (builder: StatementBuilder) => unknown, string][] = [
    ["a second header", (builder) => builder.header(HEADER), "one header"],
    ["a job twice", (builder) => [builder.job(job()), builder.job(job())], 'is not after "j1"'],
    [
      "jobs out of order",
      (builder) => [builder.job(job()), builder.job(job({ job: "j0" }))],
      'is not after "j1"',
    ],
    [
      "a job after a worker",
      (builder) => [builder.job(job()), builder.worker(WANDA), builder.job(job({ job: "k" }))],
      "out of order",
    ],
    [
      "a job with wrong shares",
      (builder) => builder.job(job({ workerShare: microLlama(9_501n) })),
      "the worker share is 9501, not 9500",
    ],
    [
      "more protocol share than the jobs have",
      (builder) => builder.worker(WANDA),
      "a protocol share of 500 is more than all there is, 0",
    ],
    [
      "a worker without jobs",
      (builder) => builder.worker({ ...WANDA, jobs: 0n, protocolShare: microLlama(0n) }),
      "the worker has no job",
    ],
    [
      "more stake than the header says",
      (builder) => builder.staker({ ...STAKER, weight: microLlama(5n) }),
      "a weight of 5 is more than all there is, 4",
    ],
    [
      "a staker without stake",
      (builder) => builder.staker({ ...STAKER, weight: microLlama(0n) }),
      "no weight",
    ],
    [
      "an account without jobs",
      (builder) => builder.account({ ...ALICE, jobs: 0n }),
      "the account has no job",
    ],
    [
      "too few workers",
      (builder) => [builder.job(job()), builder.end()],
      "jobs of the workers add up to 0, not to 1",
    ],
    [
      "another vest than the jobs'",
      (builder) => [builder.job(job()), builder.worker({ ...WANDA, vest: microLlama(1n) }), builder.end()],
      "vests of the workers add up to 1, not to 9500",
    ],
    [
      "too few stakers",
      (builder) => [builder.job(job()), builder.worker(WANDA), builder.end()],
      "weights of the stakers add up to 0, not to 4",
    ],
    [
      "too few accounts",
      (builder) => [builder.job(job()), builder.worker(WANDA), builder.staker(STAKER), builder.end()],
      "jobs of the accounts add up to 0, not to 1",
    ],
    [
      "another charge than the jobs'",
      (builder) => [
        builder.job(job()),
        builder.worker(WANDA),
        builder.staker(STAKER),
        builder.account({ ...ALICE, charge: 1n }),
        builder.end(),
      ],
      "charges of the accounts add up to 1, not to 10000",
    ],
  ];
  it.each(written)("is refused with %s", (_, write, message) => {
    expect(() => write(started())).toThrow(message);
  });

  it("is refused without a header, and after its end", () => {
    expect(() => new StatementBuilder().job(job())).toThrow("one header");
    const builder = new StatementBuilder();
    builder.header({ ...HEADER, stakeWeight: 0n });
    builder.end();
    expect(() => builder.job(job())).toThrow("out of order");
  });
});
