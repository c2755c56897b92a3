import type { Page } from "playwright-core";
import { chatModel, JOB, type Script } from "./harness/chat-api.js";
import { answers, ask, type ChatRig, composer, startChatRig, telling } from "./harness/chat-visit.js";
import { PAST_JOB } from "./harness/stub-money.js";

/* What the chat page does when there is no answer, or not all of it, and who may ask at all. */

const SESSION = { kind: "wallet", token: "fls_session", account: "7xKXaccount", expiresAt: null };
const ACCOUNT = { json: { wallet: { available_micro: "3000" } } };

let rig: ChatRig;

const refusing =
  (status: number, message: string, retryAfterMs?: number): Script =>
  (writer) =>
    writer.error(status, message, retryAfterMs);

/** A visit of a member who signed in by a wallet, in this tab. */
async function memberVisit() {
  rig.server.answer({ "GET /flock/v1/account": ACCOUNT });
  const visit = await rig.visit("/nowhere");
  await visit.page.evaluate(
    (session) => sessionStorage.setItem("flock.session", session),
    JSON.stringify(SESSION),
  );
  await visit.page.goto(`${rig.server.url}/console/chat`);
  await composer(visit.page).waitFor();
  return visit;
}

/** What the browser has stored of all chats. */
async function storedTurns(page: Page): Promise<string> {
  return await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const opened = indexedDB.open("flock.chats");
        opened.onsuccess = () => {
          const turns = opened.result.transaction("turns").objectStore("turns").getAll();
          turns.onsuccess = () => resolve(JSON.stringify(turns.result));
        };
      }),
  );
}

const button = (page: Page, name: string | RegExp) => answers(page).getByRole("button", { name });

beforeAll(async () => {
  rig = await startChatRig();
});
afterAll(async () => {
  await rig.close();
});

describe("a question that gets no answer", () => {
  it("stays in the transcript, and is asked again not before the api wants it", async () => {
    rig.answer(refusing(429, "too many requests of guests of your address", 2_000));
    const visit = await rig.visit("/chat");
    const { page } = visit;
    await ask(page, "What is wool?");
    await answers(page)
      .getByRole("alert")
      .getByText("Too many requests of guests of your address.")
      .waitFor();
    expect(await button(page, /^Retry in \d s$/).isDisabled()).toBe(true);
    await button(page, "Use a key of your own").waitFor();
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("chat-refused");
    rig.answer(telling("Wool is hair."));
    await button(page, "Retry").and(page.locator(":enabled")).click();
    await answers(page).getByText("Wool is hair.").waitFor();
    expect(await answers(page).count()).toBe(1);
    expect(visit.faults(/status of 429/)).toEqual([]);
    await visit.close();
  });

  it("offers the models that are free when no worker is", async () => {
    rig.answer((writer, { model }) =>
      model === "flock-tiny"
        ? writer.error(503, "no worker", 60_000)
        : telling("Seen.")(writer, rig.asked[0] as never),
    );
    const visit = await rig.visit("/chat");
    await ask(visit.page, "Hello?");
    await button(visit.page, "Ask seer, free now").click();
    await answers(visit.page).getByText("Seen.").waitFor();
    expect(rig.asked.map(({ model }) => model)).toEqual(["flock-tiny", "seer"]);
    await visit.close();
  });

  it("waits for a worker, says what for, and after ten seconds offers something else", async () => {
    rig.answer(async (writer, { model }) => {
      if (model === "seer") return telling("Here.")(writer, rig.asked[0] as never);
      await writer.gone;
    });
    const crowded = chatModel("flock-tiny", { waiting: 12 });
    rig.server.answer({ "GET /flock/v1/models": { json: { models: [crowded, chatModel("seer")] } } });
    const visit = await rig.visit("/chat");
    const { page } = visit;
    await page.clock.install();
    await ask(page, "Is anybody there?");
    await answers(page).getByText("12 before you, about 3.0–8.0 s.").waitFor();
    expect(await button(page, "Ask seer instead").count()).toBe(0);
    await page.clock.runFor(11_000);
    await button(page, "Cancel").waitFor();
    expect(await visit.axe()).toEqual([]);
    await button(page, "Ask seer instead").click();
    await page.clock.runFor(1_000);
    await answers(page).getByText("Here.").waitFor();
    await visit.close();
  });

  it("keeps what came of one that broke off, whoever broke it", async () => {
    let cut = () => {};
    rig.answer(async (writer) => {
      writer.piece("A llama is");
      cut = writer.cut;
      await writer.gone;
    });
    const visit = await rig.visit("/chat");
    const { page } = visit;
    await ask(page, "What is a llama?");
    await answers(page).getByText("A llama is", { exact: true }).waitFor();
    cut();
    await answers(page).getByText("The answer broke off").waitFor();
    await answers(page).getByText("A llama is", { exact: true }).waitFor();
    rig.answer((writer) => {
      writer.piece("It is an");
      writer.raw('{"error":"workers failed the request"}\n');
    });
    await button(page, "Retry").click();
    await answers(page).getByText("Workers failed the request.").waitFor();
    await answers(page).getByText("2 of 2").waitFor();
    rig.answer(async (writer) => {
      writer.piece("This time");
      await writer.gone;
    });
    await button(page, "Retry").click();
    await answers(page).getByText("This time").waitFor();
    while (!(await storedTurns(page)).includes("This time"))
      await page.evaluate(() => new Promise(requestAnimationFrame));
    await page.reload();
    await answers(page).getByText("This time").waitFor();
    await answers(page)
      .getByText(/page was closed or loaded anew/)
      .waitFor();
    expect(visit.faults(/ERR_INCOMPLETE_CHUNKED/)).toEqual([]);
    await visit.close();
  });

  it("says so when the api is away, and loses nothing", async () => {
    rig.answer(telling("Back."));
    const visit = await rig.visit("/chat");
    const { page } = visit;
    await page.route("**/api/chat", (route) => route.abort());
    await ask(page, "Are you there?");
    await answers(page).getByText("This page cannot reach the api").waitFor();
    await page.unroute("**/api/chat");
    await button(page, "Retry").click();
    await answers(page).getByText("Back.").waitFor();
    await visit.close();
  });
});

describe("who asks", () => {
  it("is asked for a key where guests are not served; it stays in the tab, and a wrong one is asked for again", async () => {
    rig.answer((writer, { authorization }) =>
      authorization === "Bearer flk_RightRight1"
        ? telling("Welcome.")(writer, rig.asked[0] as never)
        : writer.error(401, "this API key is not valid"),
    );
    rig.server.answer({
      "GET /flock/v1/network": {
        json: { chain: null, genesis_hash: null, parameters: { version: 1 }, guests: null },
      },
    });
    const visit = await rig.visit("/chat");
    const { page } = visit;
    await page.getByText("This network answers with a key.").waitFor();
    await ask(page, "Hello");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("API key").fill("flk_WrongWrong1");
    expect(await visit.axe()).toEqual([]);
    await dialog.getByLabel("API key").press("Enter");
    await answers(page).getByText("This API key is not valid.").waitFor();
    await button(page, "Use another key").click();
    await dialog.getByLabel("API key").fill("flk_RightRight1");
    await dialog.getByLabel("API key").press("Enter");
    await button(page, "Retry").click();
    await answers(page).getByText("Welcome.").waitFor();
    await page.getByText(/^at most 0\.0\d+ LLAMA/).waitFor();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("flk_");
    expect(await page.content()).not.toContain("flk_Right");
    expect(visit.faults(/status of 401/)).toEqual([]);
    await visit.close();
  });

  it("as a member has a key made that can only chat and ends with the session, and is told what it can cost", async () => {
    const made: unknown[] = [];
    const revoked: string[] = [];
    rig.answer(telling("Welcome, member."));
    rig.server.answer({
      "POST /flock/v1/keys": (request, response) => {
        request.on("data", (chunk) => made.push(JSON.parse(String(chunk))));
        request.on("end", () => response.end(JSON.stringify({ id: "key-1", api_key: "flk_MadeMade1" })));
      },
      "DELETE /flock/v1/keys/key-1": (request, response) => {
        revoked.push(request.headers.authorization ?? "");
        response.end(JSON.stringify({ id: "key-1", revoked: true }));
      },
      [`GET /flock/v1/jobs/${JOB}`]: { json: { job: { ...PAST_JOB, id: JOB } } },
      "POST /flock/v1/sign-out": { json: { signed_out: 1 } },
    });
    const visit = await memberVisit();
    const { page } = visit;
    await ask(page, "Hello");
    const dialog = page.getByRole("dialog", { name: "Chat from your balance" });
    await dialog.getByLabel("It may spend in a day").fill("0.5");
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("chat-make-key");
    await dialog.getByRole("button", { name: "Make the key" }).click();
    await answers(page).getByText("Welcome, member.").waitFor();
    expect(made).toMatchObject([{ label: "console", scopes: ["inference"], budget_day_micro: "500000" }]);
    expect(rig.asked.map(({ authorization }) => authorization)).toEqual(["Bearer flk_MadeMade1"]);
    await page.getByText("This chat cost 0.0021 LLAMA.").waitFor();
    await page.getByText(/your balance covers \d+ tokens of it/).waitFor();
    await answers(page).getByText("212 tokens", { exact: true }).click();
    await answers(page).getByText(`flock verify receipt ${JOB}`).waitFor();

    await page
      .getByRole("button", { name: "Account" })
      .or(page.getByRole("button", { name: /7xK/ }))
      .click();
    const signedOut = page.waitForResponse("**/flock/v1/sign-out");
    await page.getByRole("menuitem", { name: "Sign out", exact: true }).click();
    await signedOut;
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(revoked).toEqual(["Bearer fls_session"]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("without enough LLAMA can deposit, or have the answer that the balance covers", async () => {
    rig.answer((writer, { options }) =>
      options["num_predict"] === undefined
        ? writer.error(402, "insufficient balance: at least 1 LLAMA are needed, 0.003 are available")
        : telling("Short.")(writer, rig.asked[0] as never),
    );
    const visit = await memberVisit();
    const { page } = visit;
    await page.evaluate(() =>
      sessionStorage.setItem("flock.chat-key", '{"token":"flk_MadeMade1","id":"key-1"}'),
    );
    await page.reload();
    await ask(page, "Hello");
    await answers(page).getByRole("link", { name: "Deposit" }).waitFor();
    await button(page, /^Answer at most 9\d\d tokens instead$/).click();
    await answers(page).getByText("Short.").waitFor();
    const [, second] = rig.asked;
    expect(second?.options["num_predict"]).toBeGreaterThan(900);
    expect(visit.faults(/status of 402/)).toEqual([]);
    await visit.close();
  });
});
