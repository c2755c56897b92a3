import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createIdentity, generateIdentity, type Identity } from "@flock/keys";
import { microLlama } from "@flock/money";
import {
  claimText,
  delegationText,
  isSignedBy,
  SIGN_IN_STATEMENT,
  sessionText,
  signInText,
  unstakeText,
  withdrawalText,
} from "@flock/orders";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { base58 } from "@scure/base";
import { type Here, runHere } from "./run-here.js";

const GENESIS = "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY";
const MINUTES = 60_000;

describe("flock wallet sign", () => {
  let directory: TestDirectory;
  let wallet: Identity;
  beforeAll(async () => {
    directory = await createTestDirectory();
    wallet = await createIdentity(join(directory.path, "wallet.json"));
  });
  afterAll(() => directory.remove());

  const sign = (args: readonly string[], here: Here = {}) =>
    runHere(["wallet", "sign", ...args, "--wallet", join(directory.path, "wallet.json")], {}, here);

  const textsOf = (account: string, expiresMs = Date.now() + 10 * MINUTES) => {
    const common = { network: GENESIS, account, expiresMs };
    const id = "0b6c1d3a-7c1e-4b8a-9a50-8f7d3f1f2a10";
    const [issuedAt, expirationTime] = [new Date(expiresMs - 5 * MINUTES), new Date(expiresMs)];
    return {
      withdrawal: withdrawalText({ ...common, id, amount: microLlama(2_500_000n), to: account }),
      unstake: unstakeText({ ...common, id, amount: microLlama(1_000_000n) }),
      claim: claimText({ ...common, deposit: "5Uk", to: "alice" }),
      worker: delegationText({
        ...{ api: "https://api.example", wallet: account, payout: account, key: generateIdentity().id },
        ...{ challenge: "7v91N7iZ9mNicL8WfG6cgS", issuedMs: expiresMs - 10 * MINUTES, expiresMs },
      }),
      "sign-in": signInText({
        ...{ domain: "api.example", uri: "https://api.example", version: "1", nonce: "7v91N7iZ9mNicL8W" },
        ...{ address: account, statement: SIGN_IN_STATEMENT },
        ...{ issuedAt: issuedAt.toISOString(), expirationTime: expirationTime.toISOString() },
      }),
    };
  };

  it("prints the signature alone, of every text that the network has wallets sign", async () => {
    for (const [kind, text] of Object.entries(textsOf(wallet.id))) {
      // As the clipboard of Windows has it, with a line end behind it.
      const { code, stdout, stderr } = await sign(["--yes"], {
        input: `${text.replaceAll("\n", "\r\n")}\r\n`,
      });
      expect({ kind, code }).toEqual({ kind, code: 0 });
      expect(stderr).toContain(text);
      expect(isSignedBy(wallet.id, text, base58.decode(stdout.trimEnd()))).toBe(true);
      const answer = JSON.parse((await sign(["--yes", "--json"], { input: text })).stdout);
      expect(answer).toEqual({ kind, account: wallet.id, text, signature: stdout.trimEnd() });
    }
  });

  it("takes a text that is pasted, shows it, says what it is good for, and asks", async () => {
    const { withdrawal, "sign-in": signIn } = textsOf(wallet.id);
    const terminal = { stdin: true, stderr: true };
    const agreed = await sign([], { terminal, lines: [...withdrawal.split("\n"), "y"] });
    expect(agreed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\w{80,88}\n$/) });
    expect(agreed.stderr).toContain(`sign a withdrawal of 2.5 LLAMA to ${wallet.id}? [y/N] `);
    const refused = await sign([], { terminal, lines: [...signIn.split("\n"), "n"] });
    expect(refused).toMatchObject({ code: 130, stdout: "" });
    expect(refused.stderr).toContain("sign in to https://api.example? [y/N] ");
    expect(await sign([], { input: withdrawal })).toMatchObject({ code: 2, stdout: "" });
  });

  it("reads a file, and only shows it with --dry-run", async () => {
    const file = join(directory.path, "text.txt");
    const { claim } = textsOf(wallet.id);
    await writeFile(file, `${claim}\n`);
    expect(await sign([file, "--dry-run"])).toEqual({
      code: 0,
      stdout: `${claim}\n`,
      stderr: "sign that the deposit 5Uk is credited to alice: nothing was signed\n",
    });
    expect((await sign([join(directory.path, "none"), "--yes"])).code).toBe(4);
  });

  it("signs nothing else, for nobody else, and nothing that has lapsed", async () => {
    const own = textsOf(wallet.id);
    const session = { key: wallet.id, session: `U${"A".repeat(55)}`, issuedMs: Date.now() };
    const withdrawal = own.withdrawal;
    const cases: readonly (readonly [string, number, string])[] = [
      ["Hello", 2, "no text that this network has wallets sign"],
      ["", 2, "no text that this network has wallets sign"],
      [sessionText(session), 2, "no text that this network has wallets sign"],
      [`${withdrawal}\nid: x`, 2, "6 lines belong after the title"],
      [own["sign-in"].replace("This moves no money", "Hi"), 2, "no text to sign in with"],
      [textsOf(generateIdentity().id).unstake, 4, "the text is for the wallet"],
      ...Object.values(textsOf(wallet.id, Date.now() - 1)).map((text) => [text, 4, "lapsed"] as const),
    ];
    for (const [input, code, message] of cases) {
      const run = await sign(["--yes"], { input });
      expect(run).toEqual({ code, stdout: "", stderr: expect.stringContaining(message) });
      expect(run.stderr).toContain("nothing was signed");
    }
  });
});
