import { type Rig, startRig } from "./harness/rig.js";
import { signInAnswers } from "./harness/stub-sign-in.js";
import { testWallet } from "./harness/test-wallet.js";

const STATUS = { as_of: null, services: [], incidents: [], days: [], payouts: null };
const ACCOUNT = { "GET /flock/v1/account": { json: { wallet: { available_micro: "5000000" } } } };

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({
    "GET /flock/v1/status": { json: STATUS },
    ...ACCOUNT,
    ...signInAnswers(),
  });
});

afterAll(async () => {
  await rig.close();
});

async function openDialog(visit: Awaited<ReturnType<Rig["visit"]>>) {
  const { page } = visit;
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: "Sign in …" }).click();
  return page.getByRole("dialog", { name: "Sign in" });
}

describe("signing in", () => {
  it("takes the wallet of the browser, by the keyboard, keeps the session in the tab, and ends it everywhere", async () => {
    const wallet = testWallet();
    const visit = await rig.visit("/status", { prepare: wallet.install });
    const { page } = visit;
    const dialog = await openDialog(visit);
    const sign = dialog.getByRole("button", { name: "Sign in with Test wallet" });
    await sign.waitFor();
    expect(await visit.looks("sign-in")).toEqual([]);
    await sign.press("Enter");
    await page.getByRole("link", { name: /^Balance/ }).waitFor();
    expect(wallet.asked).toHaveLength(1);
    expect(wallet.asked[0]).toContain(wallet.address);

    const chip = page.getByRole("button", {
      name: `${wallet.address.slice(0, 4)}…${wallet.address.slice(-4)}`,
    });
    await page.reload();
    await chip.waitFor();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("fls_");
    const told = page.waitForRequest("**/flock/v1/sign-out");
    await chip.click();
    await page.getByRole("menuitem", { name: "Sign out everywhere" }).click();
    expect((await told).postDataJSON()).toEqual({ everywhere: true });
    await page.getByRole("button", { name: "Account" }).waitFor();
    expect(await page.evaluate(() => sessionStorage.getItem("flock.session"))).toBeNull();
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("says what the wallet did not sign, and after a minute without a word offers another way", async () => {
    const wallet = testWallet();
    wallet.behave("declines");
    const visit = await rig.visit("/status", { prepare: wallet.install });
    const { page } = visit;
    await page.clock.install();
    const dialog = await openDialog(visit);
    const sign = dialog.getByRole("button", { name: "Sign in with Test wallet" });
    await sign.click();
    await dialog.getByText("Nothing was signed in Test wallet: User rejected the request.").waitFor();

    wallet.behave("sleeps");
    await sign.click();
    await dialog.getByText("Waiting for Test wallet").waitFor();
    await page.clock.fastForward(60_000);
    await dialog.getByText("Nothing was signed in Test wallet for a minute.").waitFor();
    expect(await sign.isEnabled()).toBe(true);
    expect(await visit.axe()).toEqual([]);
    await visit.close();
  });

  it("takes a signature that was made elsewhere, and shows a new text when the old one lapses", async () => {
    let lifetimeMs = 1_500;
    const own = await startRig({
      "GET /flock/v1/status": { json: STATUS },
      ...ACCOUNT,
      ...signInAnswers(() => lifetimeMs),
    });
    const wallet = testWallet();
    const visit = await own.visit("/status", { width: 360 });
    const { page } = visit;
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("menuitem", { name: "Sign in …" }).click();
    await page.getByText("No Solana wallet has been found").waitFor();
    await page.getByRole("tab", { name: "Sign elsewhere" }).click();
    await page.getByLabel("Address of your wallet").fill(wallet.address);
    await page.keyboard.press("Enter");
    const text = page.getByRole("dialog").locator("code");
    await text.getByText("Nonce: 0").waitFor();
    lifetimeMs = 300_000;
    await text.getByText("Nonce: 1").waitFor();
    expect(await visit.axe()).toEqual([]);
    expect(await visit.sideways()).toBe(0);
    await visit.screenshot("sign-elsewhere-360");
    await page.getByLabel("Signature").fill("not one");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("This is no signature").waitFor();
    await page.getByLabel("Signature").fill(wallet.signElsewhere((await text.textContent()) ?? ""));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: /^Balance/ }).waitFor();
    expect(visit.faults()).toEqual([]);
    await visit.close();
    await own.close();
  });
});
