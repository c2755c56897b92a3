import { JOB } from "./harness/chat-api.js";
import { answers, ask, type ChatRig, composer, startChatRig, telling } from "./harness/chat-visit.js";

/* What the chat page is for, against a stand-in for the api that writes answers line by line. */

const LLAMAS = ["# Llamas", "", "A llama **hums**.", "", "```js", "const wool = 1;", "```", ""].join("\n");
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

let rig: ChatRig;

beforeAll(async () => {
  rig = await startChatRig();
});
beforeEach(() => rig.answer(telling(LLAMAS)));
afterAll(async () => {
  await rig.close();
});

describe("the chat page", () => {
  it("answers a visitor without a key, and says what it cost, who wrote it and how", async () => {
    const visit = await rig.visit("/chat", { width: 360 });
    const { page } = visit;
    await page.getByRole("button", { name: "Explain how a rainbow forms" }).click();
    expect(await visit.axe()).toEqual([]);
    await page.getByRole("button", { name: "I see" }).click();
    await page.keyboard.press("Enter");
    await page.getByText("212 tokens", { exact: true }).click();
    await page
      .locator("[aria-live=polite]", { hasText: "Answer complete, 212 tokens." })
      .waitFor({ state: "attached" });
    const facts = page.locator("details[open]");
    for (const text of [
      "41/s",
      "0.0021 LLAMA, paid by the operator",
      "check not known",
      JOB,
      "w-otdebwfknzrk",
    ])
      await facts.getByText(text).first().waitFor();
    await page.getByText("cost you nothing").waitFor();
    await answers(page).getByRole("heading", { name: "Llamas", level: 3 }).waitFor();
    expect(rig.asked).toMatchObject([{ model: "flock-tiny", options: {}, authorization: undefined }]);
    expect(new URL(page.url()).pathname).toMatch(/^\/console\/chat\/[0-9a-f-]{36}$/);
    await page.locator("pre span", { hasText: "const" }).waitFor();
    expect(await visit.looks("chat")).toEqual([]);
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await visit.sideways()).toBe(0);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole("combobox", { name: "Model: flock-tiny" }).click();
    await page.getByRole("option").first().waitFor();
    await visit.screenshot("chat-picker");
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("keeps what is typed, breaks lines by Shift, and stops by Esc, all by the keyboard", async () => {
    rig.answer(async (writer) => {
      writer.piece("A llama is");
      await writer.gone;
    });
    const visit = await rig.visit("/chat");
    const { page } = visit;
    await composer(page).focus();
    await page.keyboard.type("one");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("two");
    await page.reload();
    await composer(page).waitFor();
    expect(await composer(page).inputValue()).toBe("one\ntwo");
    await composer(page).press("Enter");
    await answers(page).getByText("A llama is").waitFor();
    expect(await page.getByRole("list", { name: "Conversation" }).getAttribute("aria-busy")).toBe("true");
    expect(await composer(page).evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press("Escape");
    await page.getByText("You stopped it here").waitFor();
    await page.getByRole("button", { name: "Send" }).waitFor();
    expect(rig.asked.map(({ messages }) => messages)).toEqual([[{ role: "user", content: "one\ntwo" }]]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("stops by the button that stands where Send was, which sends nothing again", async () => {
    rig.answer(async (writer) => {
      writer.piece("A llama is");
      await writer.gone;
    });
    const visit = await rig.visit("/chat");
    await ask(visit.page, "What is a llama?");
    await answers(visit.page).getByText("A llama is").waitFor();
    await composer(visit.page).fill("And an alpaca?");
    await visit.page.getByRole("button", { name: "Stop" }).click();
    await visit.page.getByText("You stopped it here").waitFor();
    expect(rig.asked.length).toBe(1);
    expect(await composer(visit.page).inputValue()).toBe("And an alpaca?");
    await visit.close();
  });

  it("finds models by name, has pinned ones first, and never mixes in those that cannot be used", async () => {
    const visit = await rig.visit("/chat");
    const { page } = visit;
    const open = () => page.getByRole("combobox", { name: /^Model: / }).click();
    await open();
    const groups = () => page.getByRole("group").allInnerTexts();
    expect((await groups()).map((text) => text.split("\n").slice(0, 2))).toEqual([
      ["Warm", "flock-tiny"],
      ["Loads first", "seer"],
      ["Not available now", "away"],
    ]);
    expect((await groups())[0]).toContain(
      "0.003 LLAMA out per 1,000 tokens · 41 tokens/s · 2 of 4 workers warm",
    );
    expect(await visit.axe()).toEqual([]);
    await page.keyboard.type("see");
    expect(await page.getByRole("option").count()).toBe(1);
    await page.keyboard.press("Enter");
    await page.getByRole("combobox", { name: "Model: seer" }).click();
    await page.getByRole("button", { name: "Pin seer" }).click();
    await page.keyboard.press("Escape");
    await page.reload();
    await open();
    expect((await groups())[0]?.split("\n").slice(0, 2)).toEqual(["Pinned", "seer"]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("sends options and images that the model takes, and shows what was changed", async () => {
    const visit = await rig.visit("/chat");
    const { page } = visit;
    await page.getByRole("combobox", { name: /^Model: / }).click();
    await page.getByRole("option", { name: /^seer/ }).click();
    await page.getByRole("button", { name: "Options" }).click();
    await page.getByLabel("Temperature").fill("hot");
    await page.getByText("A number from 0 to 10.").waitFor();
    await page.getByLabel("Temperature").fill("0.2");
    await page.getByLabel("Stop words").fill("END\nSTOP");
    await page.getByLabel("Instruction").fill("Be brief.");
    await page.getByLabel("Thinking").selectOption("no");
    expect(await visit.axe()).toEqual([]);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Take back stop: END STOP" }).click();
    const file = { name: "wool.png", mimeType: "image/png", buffer: Buffer.from(PIXEL, "base64") };
    await page.locator("input[type=file]").setInputFiles(file);
    await page.getByRole("img", { name: "wool.png" }).waitFor();
    await ask(page, "What is it?");
    await page.getByText("212 tokens", { exact: true }).waitFor();
    expect(rig.asked).toMatchObject([
      {
        model: "seer",
        think: false,
        options: { temperature: 0.2 },
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "What is it?", images: [PIXEL] },
        ],
      },
    ]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("keeps every version of a question and of its answer", async () => {
    const visit = await rig.visit("/chat");
    const { page } = visit;
    rig.answer((writer, { messages }) => {
      writer.piece(`Answer ${rig.asked.length} to ${messages.at(-1)?.content}`);
      writer.end();
    });
    await ask(page, "first");
    await answers(page).getByText("Answer 1 to first").waitFor();
    await page.getByRole("button", { name: "Ask again" }).click();
    await answers(page).getByText("Answer 2 to first").waitFor();
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Ask this instead").fill("second");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await answers(page).getByText("Answer 3 to second").waitFor();
    await page.getByRole("button", { name: "Version before" }).click();
    await answers(page).getByText("Answer 2 to first").waitFor();
    await answers(page).getByRole("button", { name: "Version before" }).click();
    await answers(page).getByText("Answer 1 to first").waitFor();
    expect(rig.asked.map(({ messages }) => messages.length)).toEqual([1, 1, 1]);
    await visit.close();
  });

  it("keeps chats in this browser, for all of its tabs, as long as one wants", async () => {
    const visit = await rig.visit("/chat");
    const { page } = visit;
    await ask(page, "Tell me of llamas");
    await page.getByText("212 tokens", { exact: true }).waitFor();
    await page.reload();
    await answers(page).getByText("A llama hums.").waitFor();

    const other = await page.context().newPage();
    await other.goto(page.url());
    await answers(other).getByText("A llama hums.").waitFor();
    await ask(other, "And alpacas?");
    await page.getByRole("article", { name: "Your question" }).getByText("And alpacas?").waitFor();
    await answers(page).nth(1).getByText("A llama hums.").waitFor();

    await page.getByRole("button", { name: "Chats" }).click();
    await page.getByRole("button", { name: "Rename Tell me of llamas" }).click();
    await page.getByLabel("Name").fill("Wool");
    await page.keyboard.press("Enter");
    await other.locator("h1", { hasText: "Wool" }).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export Wool" }).click();
    expect((await download).suggestedFilename()).toBe("Wool.md");
    expect(await visit.axe()).toEqual([]);
    await page.getByRole("button", { name: "Delete Wool" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await other.locator("h1", { hasText: "This chat is not here" }).waitFor();
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("keeps nothing of a chat that is not to be kept", async () => {
    const visit = await rig.visit("/chat");
    const { page } = visit;
    await page.getByLabel("Do not keep").check();
    await ask(page, "A secret");
    await page.getByText("212 tokens", { exact: true }).waitFor();
    await page.reload();
    await page.locator("h1", { hasText: "This chat is not here" }).waitFor();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("secret");
    await visit.close();
  });

  it("goes on writing while other pages are looked at, and other tabs see it", async () => {
    let goOn = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    rig.answer(async (writer) => {
      writer.piece("A llama ");
      await gate;
      writer.piece("hums.");
      writer.end();
    });
    const visit = await rig.visit("/chat");
    const { page } = visit;
    await ask(page, "What does a llama do?");
    await answers(page).getByText("A llama").waitFor();
    const asking = page.url();
    await page.getByRole("link", { name: "Status" }).first().click();
    await page.locator("h1", { hasText: "Status" }).waitFor();
    const other = await page.context().newPage();
    await other.goto(asking);
    await answers(other).getByText("A llama").waitFor();
    goOn();
    await answers(other).getByText("212 tokens", { exact: true }).waitFor();
    await page.goBack();
    await answers(page).getByText("A llama hums.").waitFor();
    await visit.close();
  });

  it("follows what is written until somebody scrolls up, and leads back to the newest", async () => {
    let goOn = () => {};
    rig.answer(async (writer) => {
      for (let line = 0; line < 60; line += 1) writer.piece(`Line ${line}.\n\n`);
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      for (let line = 60; line < 90; line += 1) writer.piece(`Line ${line}.\n\n`);
      writer.end();
    });
    const visit = await rig.visit("/chat");
    const { page } = visit;
    const below = () =>
      page.evaluate(() => document.documentElement.scrollHeight - innerHeight - Math.round(scrollY));
    await ask(page, "Count.");
    await page.getByText("Line 59.").waitFor();
    await page.waitForFunction(() => document.documentElement.scrollHeight - innerHeight - scrollY <= 64);
    await page.mouse.move(600, 300);
    await page.mouse.wheel(0, -500);
    await page.getByRole("button", { name: "Newest" }).waitFor();
    const at = await page.evaluate(() => scrollY);
    goOn();
    await page.getByText("212 tokens", { exact: true }).waitFor();
    expect(await page.evaluate(() => scrollY)).toBe(at);
    await page.getByRole("button", { name: "Newest" }).click();
    expect(await below()).toBeLessThanOrEqual(64);
    await page.getByRole("button", { name: "Newest" }).waitFor({ state: "detached" });
    await visit.close();
  });
});
