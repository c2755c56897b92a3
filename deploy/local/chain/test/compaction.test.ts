import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import fc from "fast-check";
import { type Deed, ToldChain } from "./told-chain.js";

/** How many random histories are compared with the same ones of a chain that archives nothing. */
const RUNS = Number(process.env["CHAIN_COMPACTION_RUNS"] ?? 1);
jest.setTimeout(60_000 + RUNS * 30_000);

const NEVER = { fileBytes: Number.POSITIVE_INFINITY, blockBytes: 1 };
/** Two or three transactions in a file, one or two in a block. */
const ALWAYS = { fileBytes: 8_000, blockBytes: 4_000 };

const wallet = fc.nat(2);
const deedArbitrary: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ kind: fc.constant("sol"), to: wallet, amount: fc.integer({ min: 1, max: 10 ** 10 }) }),
  fc.record({ kind: fc.constant("tokens"), to: wallet, amount: fc.integer({ min: 0, max: 1_000 }) }),
  fc.record({ kind: fc.constant("open"), wallet }),
  fc.record({ kind: fc.constant("close"), wallet }),
  fc.record({ kind: fc.constant("give"), wallet, to: wallet }),
);
const stepArbitrary = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant("land"), deed: deedArbitrary, hashAge: fc.nat(6) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("slots"), slots: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("slots"), slots: fc.integer({ min: 200, max: 700 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fork"),
      slots: fc.integer({ min: 1, max: 31 }),
      excludeEvery: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("reopen"), how: fc.constantFrom("close", "abandon") }),
  },
);
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** So that there is something to archive in the end. */
const ENDING: readonly Step[] = [
  { kind: "slots", slots: 700 },
  ...Array.from({ length: 6 }, (_, index): Step => {
    return { kind: "land", deed: { kind: "sol", to: 1, amount: 10 ** 7 + index }, hashAge: 0 };
  }),
  { kind: "reopen", how: "abandon" },
];

/** Puts the journal's files last, in their order. */
function byNumber(a: string, b: string): number {
  return numberOf(a) - numberOf(b);
}

function numberOf(name: string): number {
  return Number(/^journal\.(\d+)$/.exec(name)?.[1] ?? -1);
}

let directory: TestDirectory;
beforeEach(async () => {
  directory = await createTestDirectory();
});
afterEach(() => directory.remove());

/** A history that happens to several chains at once, which are one chain: they have the same beginning. */
class Histories {
  readonly #paths: readonly string[];
  #chains: ToldChain[] = [];
  readonly signatures: string[] = [];
  readonly blockhashes: string[] = [];

  private constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** One that archives nothing and one that archives all it can, in directories of these names. */
  static async begin(name: string): Promise<Histories> {
    const paths = ["plain", "compacted"].map((each) => join(directory.path, `${name}-${each}`));
    const histories = new Histories(paths);
    const [plain = "", compacted = ""] = paths;
    await (await ToldChain.open(plain)).chain.close();
    rmSync(join(plain, "snapshot"));
    cpSync(plain, compacted, { recursive: true });
    await histories.#open();
    for (const tx of histories.#first.beginning()) histories.#each(({ chain }) => chain.land(tx));
    histories.#each(({ chain }) => chain.advance(40));
    return histories;
  }

  async run(step: Step): Promise<void> {
    if (step.kind === "reopen") {
      await this.end(step.how);
      await this.#open();
      return;
    }
    if (step.kind === "land") {
      const tx = this.#first.transaction(step.deed, step.hashAge);
      this.signatures.push(tx.signature);
      this.blockhashes.push(tx.blockhash);
      this.#each(({ chain }) => chain.land(tx));
    } else if (step.kind === "slots") {
      this.#each(({ chain }) => chain.advance(step.slots));
    } else {
      const excluded = this.signatures.filter((_, index) => index % step.excludeEvery === 0);
      this.#each(({ chain }) => chain.fork(chain.slot - step.slots, new Set(excluded)));
    }
  }

  compare(): void {
    const [plain, compacted] = this.#chains.map((each) =>
      each.told(this.signatures, this.blockhashes.slice(-8)),
    );
    expect(compacted).toEqual(plain);
  }

  async end(how: "close" | "abandon"): Promise<void> {
    for (const { chain } of this.#chains) await chain[how]();
    this.#chains = [];
  }

  async #open(): Promise<void> {
    const [plain = "", compacted = ""] = this.#paths;
    this.#chains = [await ToldChain.open(plain, NEVER), await ToldChain.open(compacted, ALWAYS)];
  }

  get #first(): ToldChain {
    const [first] = this.#chains;
    if (first === undefined) throw new Error("no chain is open");
    return first;
  }

  /** Does the same to all, which must have the same outcome. */
  #each(deed: (chain: ToldChain) => unknown): void {
    const [plain, compacted] = this.#chains.map(deed);
    expect(compacted).toEqual(plain);
  }
}

describe("a chain that archives its journal", () => {
  /** A directory of closed files that no chain has archived yet, all but the last of them old, and what it tells. */
  async function beforeCompaction() {
    const path = join(directory.path, "before");
    const chain = await ToldChain.open(path, ALWAYS);
    const signatures: string[] = [];
    const land = (deed: Deed) => {
      const tx = chain.transaction(deed);
      signatures.push(tx.signature);
      expect(chain.chain.land(tx).kind).toBe("landed");
    };
    for (const tx of chain.beginning()) chain.chain.land(tx);
    chain.chain.advance(40);
    for (let amount = 1; amount <= 12; amount++) {
      land({ kind: amount % 4 === 0 ? "tokens" : "sol", to: 1, amount });
      chain.chain.advance(2);
      if (amount % 5 === 0) chain.chain.fork(chain.chain.slot - 3, new Set(signatures.slice(-1)));
    }
    chain.chain.advance(600);
    land({ kind: "sol", to: 2, amount: 1 });
    await chain.chain.abandon();
    return { path, signatures, told: await toldOf(path, signatures) };
  }

  /** What the chain of a copy of the directory tells. */
  async function toldOf(path: string, signatures: readonly string[], sizes = NEVER): Promise<string[]> {
    const copy = join(directory.path, "opened");
    rmSync(copy, { recursive: true, force: true });
    cpSync(path, copy, { recursive: true });
    const chain = await ToldChain.open(copy, sizes);
    try {
      return chain.told(signatures, []);
    } finally {
      await chain.chain.abandon();
    }
  }

  it("is the same wherever a crash interrupts it, with and without an entry that the crash tore", async () => {
    const { path, signatures, told } = await beforeCompaction();
    const after = join(directory.path, "after");
    cpSync(path, after, { recursive: true });
    await (await ToldChain.open(after, ALWAYS)).chain.abandon();
    const archive = readFileSync(join(after, "archive"));
    const snapshot = readFileSync(join(after, "snapshot"));
    expect(archive.length).toBeGreaterThan(3_000);
    const removed = readdirSync(path)
      .filter((name) => !existsSync(join(after, name)))
      .sort(byNumber);
    expect(removed.length).toBeGreaterThan(2);

    const crashed = join(directory.path, "crashed");
    let images = 0;
    const opensTheSame = async (change: () => void) => {
      rmSync(crashed, { recursive: true, force: true });
      cpSync(path, crashed, { recursive: true });
      change();
      const newest = readdirSync(crashed).sort(byNumber).at(-1) ?? "";
      images += 1;
      if (images % 2 === 0) appendFileSync(join(crashed, newest), '0123456789abcdef {"kind":"landed","rec');
      expect(await toldOf(crashed, signatures, ALWAYS)).toEqual(told);
    };
    const put = (name: string, content: Uint8Array) => writeFileSync(join(crashed, name), content);
    await opensTheSame(() => put("snapshot.new", snapshot.subarray(0, snapshot.length / 2)));
    await opensTheSame(() => put("snapshot", snapshot));
    for (let size = 0; size <= archive.length; size += Math.ceil(archive.length / 6)) {
      await opensTheSame(() => {
        put("snapshot", snapshot);
        put("archive", archive.subarray(0, size));
      });
    }
    for (const [index] of removed.entries()) {
      await opensTheSame(() => {
        put("snapshot", snapshot);
        put("archive", archive);
        for (const name of removed.slice(0, index + 1)) rmSync(join(crashed, name));
      });
    }
  });

  it("has a lagging node show an account that was made by an archived transaction and is closed by now", async () => {
    const land = (deed: Deed): Step => ({ kind: "land", deed, hashAge: 0 });
    const histories = await Histories.begin("closed");
    try {
      const steps: readonly Step[] = [
        land({ kind: "open", wallet: 1 }),
        ...[1, 2, 3, 4].map((amount) => land({ kind: "tokens", to: 0, amount })),
        ...ENDING,
        land({ kind: "close", wallet: 1 }),
        { kind: "slots", slots: 100 },
        { kind: "reopen", how: "close" },
      ];
      for (const step of steps) await histories.run(step);
      histories.compare();
    } finally {
      await histories.end("abandon");
    }
  });

  it(`answers as one that does not, after random histories with restarts (${RUNS})`, async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { minLength: 40, maxLength: 60 }), async (steps) => {
        run += 1;
        const histories = await Histories.begin(String(run));
        try {
          for (const step of [...steps, ...ENDING]) {
            await histories.run(step);
            if (step.kind === "reopen") histories.compare();
          }
          const archive = join(directory.path, `${run}-compacted`, "archive");
          expect(statSync(archive).size).toBeGreaterThan(0);
        } finally {
          await histories.end("abandon");
        }
      }),
      { numRuns: RUNS },
    );
  });
});
