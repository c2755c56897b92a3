import { type Rig, startRig } from "./harness/rig.js";
import { accountAnswer, signedIn } from "./harness/signed-in.js";
import { depositOf, moneyAnswers } from "./harness/stub-money.js";
import { refusal } from "./harness/stub-sign-in.js";
import { testWallet } from "./harness/test-wallet.js";

const wallet = testWallet();
const money = moneyAnswers(wallet);
const OTHER = "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig(money.answers);
});

beforeEach(() => {
  rig.server.answer(money.answers);
  wallet.behave("signs");
});

afterAll(async () => {
  await rig.close();
});

describe("the page Usage", () => {
  it("shows a visitor what it is for, and one way in", async () => {
    const visit = await rig.visit("/usage", { width: 360 });
    await visit.page.getByText("Here stands what you have").waitFor();
    expect(await visit.page.getByRole("main").getByRole("button").allTextContents()).toEqual(["Sign in"]);
    expect(await visit.axe()).toEqual([]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("shows parts that add up, spend by day, and a statement whose balance runs; filters live in the URL", async () => {
    const visit = await rig.visit("/usage", { prepare: signedIn(wallet) });
    const { page } = visit;
    await page.getByText("1,060 LLAMA").waitFor();
    const row = page.getByRole("row").filter({ hasText: "the worker’s share" });
    await row.getByText("−0.002 LLAMA").waitFor();
    await row.getByText("13.0001 LLAMA").waitFor();
    await page.getByRole("slider", { name: "Balance by day" }).waitFor();
    expect(await visit.looks("usage")).toEqual([]);

    await page.getByLabel("By", { exact: true }).selectOption("day");
    await page.getByLabel("Days").selectOption("7");
    await page.waitForURL("**/usage?by=day&days=7");
    await page.goBack();
    expect(await page.getByLabel("Days").inputValue()).toBe("30");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download as CSV" }).click(),
    ]);
    expect(file.suggestedFilename()).toMatch(/^llama-spend-.*\.csv$/);
    await row.getByRole("link", { name: "its job" }).click();
    await page.getByText("2 workers · resumed 1 time · checked: same").waitFor();
    expect(await visit.axe()).toEqual([]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("withdraws to another address after its last four, by the keyboard, by the exact text that the wallet signs", async () => {
    rig.server.answer({
      "GET /flock/v1/withdrawals": { json: { withdrawals: [], next_cursor: null } },
    });
    const visit = await rig.visit("/usage", { prepare: signedIn(wallet) });
    const { page } = visit;
    await page.getByRole("button", { name: "Withdraw" }).press("Enter");
    const form = page.getByRole("dialog", { name: "Withdraw" });
    await form.getByLabel("Amount in LLAMA").fill("99");
    await form.getByLabel("To the wallet").fill(OTHER);
    await form.getByLabel("The last four").fill("gAsX");
    await page.keyboard.press("Enter");
    await form.getByText("There is 12.5 LLAMA; 86.5 LLAMA is missing.").waitFor();
    await form.getByText("These are not the last four").waitFor();
    expect(await visit.axe()).toEqual([]);
    await form.getByLabel("Amount in LLAMA").fill("2.5");
    await form.getByLabel("The last four").fill("gAsU");
    await page.keyboard.press("Enter");
    const sheet = page.getByRole("dialog", { name: "Withdraw 2.5 LLAMA" });
    const sign = sheet.getByRole("button", { name: "Sign with Test wallet" });
    await sign.waitFor();
    expect(await visit.looks("usage-sheet")).toEqual([]);
    const shown =
      (await sheet.locator("code", { hasText: "FlockOllamas withdrawal" }).first().textContent()) ?? "";
    const id = /^id: (.+)$/m.exec(shown)?.[1] ?? "";
    rig.server.answer({
      [`GET /flock/v1/withdrawals/${id}`]: {
        json: {
          withdrawal: {
            id,
            ledger_account: `wallet:${wallet.address}`,
            recipient: OTHER,
            amount_micro: "2500000",
            state: "posted",
            is_final: true,
            signature: null,
            reason: "",
            created_at: null,
            updated_at: null,
          },
        },
      },
    });
    await sign.press("Enter");
    await sheet.getByText("Handed in.").waitFor();
    await sheet.locator("[aria-current=step]", { hasText: "booked" }).waitFor();
    expect(wallet.asked.at(-1)).toBe(shown);
    expect(shown.split("\n").slice(2, 5)).toEqual([
      `account: ${wallet.address}`,
      "amount: 2500000",
      `to: ${OTHER}`,
    ]);
    expect(money.taken.get(id)).toBe(shown);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("loses nothing when no answer comes: the same text is handed in again, also after a reload, and done once", async () => {
    rig.server.answer({ "POST /flock/v1/unstakes": refusal(503, "unavailable", "the ledger restarts") });
    const visit = await rig.visit("/usage", { prepare: signedIn(wallet) });
    const { page } = visit;
    await page.getByRole("button", { name: "Unstake" }).click();
    await page.getByLabel("Amount in LLAMA").fill("1000");
    await page.getByText("back in your balance").waitFor();
    await page.keyboard.press("Enter");
    const before = wallet.asked.length;
    wallet.behave("declines");
    await page.getByRole("button", { name: "Sign with Test wallet" }).click();
    await page.getByText("Nothing was signed in Test wallet").waitFor();
    wallet.behave("signs");
    await page.getByRole("button", { name: "Sign with Test wallet" }).click();
    await page.getByText("Nothing is lost: hand in the same text again").waitFor();
    // Another try of the wallet is the same request.
    expect(wallet.asked.at(-1)).toBe(wallet.asked[before]);
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("usage-unanswered");

    await page.reload();
    await page.getByText("signed and handed in, and no answer came").waitFor();
    rig.server.answer(money.answers);
    const taken = money.taken.size;
    await page.getByRole("button", { name: "Hand in the same text again" }).click();
    await page.getByText("Taken: Unstake 1,000 LLAMA.").waitFor();
    expect(money.taken.size).toBe(taken + 1);
    expect([...money.taken.values()].at(-1)).toBe(wallet.asked.at(-1));
    expect(await page.evaluate(() => sessionStorage.getItem("flock.unanswered"))).toBe("[]");
    expect(visit.faults(/status of 503/)).toEqual([]);
    await visit.close();
  });

  it("keeps the session when a signature is refused, and says why nothing has moved", async () => {
    rig.server.answer({
      "POST /flock/v1/unstakes": refusal(401, "unauthenticated", "the signature is not yours"),
    });
    const visit = await rig.visit("/usage", { prepare: signedIn(wallet) });
    const { page } = visit;
    await page.getByRole("button", { name: "Unstake" }).click();
    await page.getByLabel("Amount in LLAMA").fill("1");
    await page.keyboard.press("Enter");
    await page.getByText("Sign elsewhere").click();
    await page.getByRole("textbox", { name: "Signature" }).fill(wallet.signElsewhere("another text"));
    await page.getByRole("button", { name: "Hand in" }).click();
    await page.getByText("Refused: nothing has moved").waitFor();
    await page.getByText("The signature is not yours").waitFor();
    await page.getByRole("button", { name: "Sign anew" }).click();
    const amounts = { needed_micro: "1000000", available_micro: "400000", missing_micro: "600000" };
    rig.server.answer({
      "POST /flock/v1/unstakes": refusal(402, "insufficient_funds", "too little", amounts),
    });
    await page.getByRole("button", { name: "Sign with Test wallet" }).click();
    await page.getByText("1 LLAMA needed · 0.4 LLAMA there · 0.6 LLAMA missing.").waitFor();
    expect(await page.evaluate(() => sessionStorage.getItem("flock.session"))).not.toBeNull();
    expect(visit.faults(/status of 40[12]/)).toEqual([]);
    await visit.close();
  });

  it("shows the memo first and a code to pay by, follows a deposit until it is credited, and claims one without a memo", async () => {
    const visit = await rig.visit("/usage?list=deposits", { prepare: signedIn(wallet) });
    const { page } = visit;
    await page.getByRole("button", { name: "Deposit" }).click();
    const sheet = page.getByRole("dialog", { name: "Deposit LLAMA" });
    await sheet.getByText(`flock:${wallet.address}`, { exact: true }).waitFor();
    await sheet.getByLabel("Amount in LLAMA").fill("2.5");
    await sheet.getByText(/^solana:7xKX.*\?amount=2\.5&spl-token=/).waitFor();
    await sheet.getByRole("img", { name: "Code to pay 2.5 LLAMA" }).waitFor();
    const list = (state: string) => ({
      "GET /flock/v1/deposits": { json: { deposits: [depositOf(state)], next_cursor: null } },
    });
    rig.server.answer(list("seen"));
    await sheet.locator("[aria-current=step]", { hasText: "final" }).waitFor();
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("usage-deposit");
    rig.server.answer(list("credited"));
    await sheet.locator("[aria-current=step]", { hasText: "credited" }).waitFor();
    await page.keyboard.press("Escape");

    rig.server.answer({
      "GET /flock/v1/deposits": {
        json: { deposits: [depositOf("suspended", { reason: "unattributed" })], next_cursor: null },
      },
    });
    await page.getByRole("button", { name: "Claim 2.5 LLAMA" }).click();
    await page.getByRole("button", { name: "Sign with Test wallet" }).click();
    await page.getByText("It is claimed, and in your balance within seconds.").waitFor();
    expect(wallet.asked.at(-1)).toContain("FlockOllamas claim");
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("has nothing of the chain on a network without one, and says so; staking asks for no signature", async () => {
    const asked: unknown[] = [];
    rig.server.answer({
      "GET /flock/v1/network": {
        json: {
          chain: null,
          genesis_hash: null,
          mint: null,
          parameters: { version: 1, values: {} },
          live: null,
        },
      },
      "POST /flock/v1/stakes": (request, response) => {
        request.on("data", (chunk: Buffer) => asked.push(JSON.parse(String(chunk))));
        request.on("end", () => {
          response.writeHead(asked.length === 1 ? 503 : 200, { "content-type": "application/json" });
          const done = { id: "x", stake_micro: "1", available_micro: "1" };
          response.end(
            JSON.stringify(asked.length === 1 ? { error: { code: "unavailable", message: "later" } } : done),
          );
        });
      },
    });
    const visit = await rig.visit("/usage", { prepare: signedIn(wallet), width: 360 });
    const { page } = visit;
    await page.getByText("This network has no chain").waitFor();
    expect(await page.getByRole("button", { name: /Deposit|Withdraw|Unstake/ }).count()).toBe(0);
    expect(await page.getByRole("tab").allTextContents()).toEqual(["Statement", "Jobs"]);
    const signatures = wallet.asked.length;
    await page.getByRole("button", { name: "Stake", exact: true }).click();
    await page.getByText("Tier 2 begins at a stake of 10,000 LLAMA: 9,000 LLAMA more").waitFor();
    await page.getByRole("button", { name: "All: 12.5 LLAMA" }).click();
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("usage-stake-360");
    await page.getByRole("button", { name: "Stake it" }).click();
    await page.getByRole("button", { name: "Ask the same again" }).click();
    await page.getByText("12.5 LLAMA is staked.").waitFor();
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual(asked[0]);
    expect(wallet.asked).toHaveLength(signatures);
    expect(visit.faults(/status of 503/)).toEqual([]);
    await visit.close();
  });

  it("moves nothing while the balance is old, and says since when", async () => {
    const visit = await rig.visit("/usage", { prepare: signedIn(wallet) });
    const { page } = visit;
    await page.clock.install();
    await page.reload();
    await page.getByRole("button", { name: "Withdraw" }).waitFor();
    rig.server.answer({ "GET /flock/v1/account": refusal(429, "resource_exhausted", "too many requests") });
    await page.clock.runFor(11_000);
    await page.getByText("Nothing can be moved while the balance above is old.").waitFor();
    expect(await page.getByRole("button", { name: "Withdraw" }).isDisabled()).toBe(true);
    await page.getByText("12.5 LLAMA").first().waitFor();
    rig.server.answer({ "GET /flock/v1/account": { json: accountAnswer(wallet.address) } });
    await page.getByRole("button", { name: "Try again", exact: true }).first().click();
    await page.getByText("Nothing can be moved").waitFor({ state: "detached" });
    expect(visit.faults(/status of 429/)).toEqual([]);
    await visit.close();
  });
});
