import { ApiClient, eventually, TestMesh, whole } from "@flock/harness";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { browse, type Visit } from "../../../packages/console/test/harness/browse.js";
import { answers, ask, composer } from "../../../packages/console/test/harness/chat-visit.js";
import { startChromium } from "../../../packages/console/test/harness/chromium.js";
import { type TestWallet, testWallet } from "../../../packages/console/test/harness/test-wallet.js";
import { ChainWallet } from "../money/chain-wallet.js";

/* Browsers in front of a whole mesh with its chain. Each step goes on from the one before. */

const LLAMA = 1_000_000n;
const DEPOSIT = 50n * LLAMA;
/** A part of the mesh that is ended and comes back; a busy machine needs its time. */
const BACK = { timeout: 90_000 };
const TABS = 10;
const ASK = { model: "flock-tiny", prompt: "Once upon a time", stream: false, options: { num_predict: 20 } };

describe("members and operators at the console of a mesh with a chain", () => {
  let mesh: TestMesh;
  let browser: Browser;
  let member: ChainWallet;
  let wallet: TestWallet;
  let visit: Visit;
  let page: Page;
  let operator: TestWallet;
  let key = "";
  beforeAll(async () => {
    operator = testWallet();
    [mesh, browser] = await Promise.all([
      TestMesh.start({
        workers: 0,
        sequences: 4,
        chain: true,
        guests: true,
        environment: { CHAIN_SLOT_MS: "100", TREASURY_POLL_MS: "200", TREASURY_COLLECT_MS: "200" },
        // Epochs short enough to end, and long enough that something is seen to vest.
        parameters: {
          epochSeconds: 40,
          challengeSeconds: 40,
          unstakeCooldownSeconds: 90,
          payoutMinMicro: "1",
          priceUpTo1bPromptMicro: "10",
          priceUpTo1bCompletionMicro: "1000",
        },
      }),
      startChromium(),
    ]);
    const { solanaRpcUrl = "", mint = "", demoWalletFile = "", ollamaUrl } = mesh.state;
    for (let workers = 0; workers < 2; workers += 1)
      await mesh.startWorker({ ollamaUrl, slots: 2, payout: operator.address });
    const chain = { solanaRpcUrl, mint };
    member = new ChainWallet(chain);
    wallet = testWallet(member.identity.secretKey());
    await member.airdrop(1);
    await ChainWallet.fromFile(chain, demoWalletFile).pay(member.address, 2n * DEPOSIT);
    visit = await browse(browser, `${mesh.state.apiUrl}/console/usage`, { prepare: wallet.install });
    page = visit.page;
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await mesh?.stop();
  }, 60_000);

  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  const dialog = (name: string | RegExp) => page.getByRole("dialog", { name });
  const open = (name: string, from = page) =>
    from.getByRole("navigation").getByRole("link", { name, exact: true }).first().click();
  const step = (name: string) => page.locator("[aria-current=step]", { hasText: name }).first();

  async function signIn(from: Page): Promise<void> {
    await from.getByRole("main").getByRole("button", { name: "Sign in" }).first().click();
    await from.getByRole("button", { name: "Sign in with Test wallet" }).click();
    await from.getByRole("link", { name: /^Balance/ }).waitFor();
  }

  it("signs in with the wallet of the browser, and has nothing yet", async () => {
    await signIn(page);
    expect(wallet.asked[0]).toContain(member.address);
    await page.getByText("You have no LLAMA yet.").waitFor();
  });

  it("deposits by a transfer with the memo of the page, and sees it seen, final and credited", async () => {
    await button("Deposit").click();
    const sheet = dialog("Deposit LLAMA");
    const shown = (label: string) => sheet.locator(`:has(> button[aria-label="Copy ${label}"]) > code`);
    const [memo, address] = [await shown("the memo").textContent(), await shown("the address").textContent()];
    const seen: string[] = [];
    await page.exposeFunction("flockTestStep", (text: string) => seen.push(text));
    await page.evaluate(`setInterval(() => {
      const at = document.querySelector("[role=dialog] [aria-current=step]")?.textContent;
      if (at && at !== globalThis.lastStep) flockTestStep(globalThis.lastStep = at);
    }, 20)`);
    await member.pay(address ?? "", DEPOSIT, memo ?? "");
    await step("credited").waitFor({ timeout: 60_000 });
    await eventually("the last step to be noted", () => seen.some((text) => text.includes("credited")));
    await visit.screenshot("real-deposit");
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: /^Balance: ?50 LLAMA$/ }).waitFor();
  });

  it("stakes, and withdraws by a text that its wallet signs, until it is paid and booked", async () => {
    await button("Stake").click();
    await dialog("Stake").getByLabel("Amount in LLAMA").fill("10");
    await button("Stake it").click();
    await page.getByText("10 LLAMA is staked.").waitFor();
    await page.getByRole("link", { name: /^Balance: ?40 LLAMA$/ }).waitFor();
    const before = await member.llama("finalized");
    await button("Withdraw").click();
    await dialog("Withdraw").getByLabel("Amount in LLAMA").fill("7.5");
    await button("Show the text to sign").click();
    await button("Sign with Test wallet").click();
    await step("booked").waitFor({ timeout: 60_000 });
    expect(wallet.asked.at(-1)).toContain("amount: 7500000");
    expect(await member.llama("finalized")).toBe(before + 7_500_000n);
    await visit.screenshot("real-withdrawal");
    await button("Done").click();
    await page.getByRole("link", { name: /^Balance: ?32.5 LLAMA$/ }).waitFor();
    await page
      .getByRole("row", { name: /withdraw/i })
      .first()
      .waitFor();
  });

  it("makes a key, which answers requests, and sees what it spent", async () => {
    await open("Keys");
    await button("New key").click();
    await page.getByLabel("Label").fill("laptop");
    await button("Make the key").click();
    key =
      (await dialog("Your new key")
        .locator("code", { hasText: /^flk_\w+$/ })
        .first()
        .textContent()) ?? "";
    await button("I have stored it").click();
    const chat = new ApiClient(mesh.state.apiUrl, key);
    for (let asked = 0; asked < 3; asked += 1) await whole(chat.post("/api/generate", ASK));
    await open("Usage");
    await page.getByLabel("By", { exact: true }).selectOption("key");
    await page.getByText(/^0\.0\d+ LLAMA in 30 days, the most on/).waitFor();
    await page.getByText("laptop").first().waitFor();
    expect(await visit.looks("real-usage")).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("chats from its balance by a key of its own, and sees what it cost", async () => {
    await open("Chat");
    await ask(page, "What is the capital of Peru?");
    await button("Make the key").click();
    await answers(page).last().getByText("Lima").waitFor();
    await page.getByText(/^This chat cost 0\.0\d+ LLAMA\.$/).waitFor();
    expect(await visit.looks("real-chat")).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("an operator sees a job earned, when it vests, and why there was no other job", async () => {
    const seen = await browse(browser, `${mesh.state.apiUrl}/console/earn`, { prepare: operator.install });
    await seen.page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await seen.page.getByRole("button", { name: "Sign in with Test wallet" }).click();
    const vesting = seen.page.getByRole("table", { name: "What vests when" });
    await vesting
      .getByRole("row", { name: /20\d\d|in \d+ s|UTC/ })
      .getByText(/0\.0\d+ LLAMA/)
      .first()
      .waitFor();
    await seen.page.getByText(/^0\.\d+ LLAMA earned by jobs on 1 day/).waitFor();
    await seen.page.getByText("Nobody wanted a model that it has").first().waitFor({ timeout: 90_000 });
    expect(await seen.looks("real-earn")).toEqual([]);
    expect(seen.faults()).toEqual([]);
    await seen.close();
  });

  it("draws the open pages with what has happened", async () => {
    for (const name of ["Network", "Models", "Status"]) {
      await open(name);
      await page.getByRole("heading", { level: 1, name }).waitFor();
      await page.getByText("Loading").first().waitFor({ state: "detached" });
      await visit.screenshot(`real-${name.toLowerCase()}`);
    }
    expect(visit.faults()).toEqual([]);
  });

  it("keeps what is typed while the api restarts, says that figures are old, and goes on by itself", async () => {
    await open("Chat");
    await composer(page).fill("Half a question");
    const before = mesh.pids("api").length;
    const gone = await mesh.signal("api", "SIGKILL");
    await page.getByText(/^reconnecting since/).waitFor();
    await mesh.untilBack("api", gone, before);
    await page.getByText("live", { exact: true }).waitFor(BACK);
    expect(await composer(page).inputValue()).toBe("Half a question");
    await composer(page).fill("What is the capital of Peru?");
    await composer(page).press("Enter");
    await answers(page).last().getByText("Lima").waitFor();
  }, 150_000);

  it("says what is old while NATS is away, and goes on by itself", async () => {
    await open("Usage");
    await page.getByText("available to spend").waitFor();
    await mesh.signal("nats", "SIGSTOP");
    try {
      await page.getByText("Nothing can be moved while the balance above is old.").waitFor(BACK);
      await page.getByText("available to spend").waitFor();
    } finally {
      await mesh.signal("nats", "SIGCONT");
    }
    await page.getByText("Nothing can be moved").waitFor({ state: "detached", ...BACK });
    await page.getByText("live", { exact: true }).waitFor(BACK);
  }, 240_000);

  it("works in ten tabs at once, which hear the network by one connection", async () => {
    const context: BrowserContext = page.context();
    const streams: string[] = [];
    context.on("request", (request) => {
      if (request.url().endsWith("/flock/v1/live")) streams.push(request.url());
    });
    const tabs = await Promise.all(
      Array.from({ length: TABS }, async () => {
        const tab = await context.newPage();
        await tab.goto(`${mesh.state.apiUrl}/console/network`);
        return tab;
      }),
    );
    for (const tab of tabs) {
      await tab.getByText("live", { exact: true }).waitFor();
      await open("Models", tab);
      await tab.getByText("flock-tiny").first().waitFor();
    }
    expect(streams.length).toBeLessThanOrEqual(1);
    await Promise.all(tabs.map((tab) => tab.close()));
    await page.bringToFront();
  });

  it("revokes the key, which is refused from then on, and signs out", async () => {
    await open("Keys");
    await button("Revoke laptop").click();
    await dialog("Revoke “laptop”?").getByRole("button", { name: "Revoke laptop" }).click();
    await page.getByText("“laptop” is revoked.").waitFor();
    await page.getByText("Ended keys (1)").waitFor();
    const refused = whole(new ApiClient(mesh.state.apiUrl, key).post("/api/generate", ASK));
    await expect(refused).rejects.toThrow("401");
    expect(await visit.looks("real-keys")).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page
      .getByRole("button", { name: /^\w{4}…\w{4}$/ })
      .first()
      .click();
    await page.getByRole("menuitem", { name: "Sign out", exact: true }).click();
    await page.getByText("Here you make keys for your programs").waitFor();
    expect(await page.evaluate("JSON.stringify(sessionStorage)")).not.toMatch(/fl[sk]_/);
  });
});
