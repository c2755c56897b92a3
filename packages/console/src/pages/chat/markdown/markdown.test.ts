import { GrowingMarkdown, lexWhole } from "./blocks.js";
import { safeLink } from "./safe-link.js";
import { visibleText } from "./visible-text.js";

const DOCUMENT = [
  "# Title",
  "Some *text* with `code` and a [link](https://a.example/).",
  "- one\n- two\n  - three",
  "```js\nconst a = 1;\n\nconst b = 2;\n```",
  "| a | b |\n| - | - |\n| 1 | 2 |",
  "> quoted\n> twice",
  "The end.",
].join("\n\n");

describe("markdown that is being written", () => {
  it("comes out as if it had been there at once, wherever it was cut", () => {
    const whole = lexWhole(DOCUMENT);
    for (const step of [1, 3, 7, 50]) {
      const growing = new GrowingMarkdown();
      for (let length = 0; length <= DOCUMENT.length; length += step)
        growing.blocks(DOCUMENT.slice(0, length));
      expect(growing.blocks(DOCUMENT)).toEqual(whole);
    }
  });

  it("keeps the blocks that are finished, so that they are drawn once", () => {
    const growing = new GrowingMarkdown();
    const before = growing.blocks(DOCUMENT.slice(0, 150));
    const after = growing.blocks(DOCUMENT);
    const kept = before.filter((block, index) => block === after[index]);
    expect(kept.length).toBeGreaterThanOrEqual(3);
    expect(before.length - kept.length).toBeLessThanOrEqual(2);
  });

  it("begins anew when the text is another one", () => {
    const growing = new GrowingMarkdown();
    growing.blocks("a\n\nb\n\nc\n\nd");
    expect(growing.blocks("x")).toEqual(lexWhole("x"));
  });
});

/** Texts for which a lexer takes much longer than their length, or goes too deep. */
const HEAVY: readonly [name: string, unit: string][] = [
  ["emphasis that never ends", "_a*"],
  ["strong that never ends", "**a_"],
  ["addresses with emphasis", "a@_"],
  ["images that never begin", "!"],
  ["brackets", "["],
  ["brackets and parentheses", "[]("],
  ["backticks", "`` ` "],
  ["heads of tables", "|\n|-|\n"],
  ["underlined headings", "a\n-\n"],
  ["lists and tables", "- [ ] \n|"],
  ["quotes within quotes", "> "],
  ["lists within lists", "- "],
  ["numbers within quotes", "1. > "],
  ["tags that never end", "<a "],
  ["comments that never end", "<!--"],
  ["entities", "&#"],
  ["backslashes", "\\"],
  ["hosts", "http://www."],
  ["blanks", " "],
  ["one word", "a"],
];

describe("markdown that is meant to hang the page", () => {
  it.each(HEAVY)("is lexed in a moment, as far as it is lexed: %s", (_name, unit) => {
    const text = unit.repeat(200_000 / unit.length);
    const began = performance.now();
    const length = lexWhole(text).reduce((sum, { raw }) => sum + raw.length, 0);
    const growing = new GrowingMarkdown();
    for (let cut = 500; cut <= 5_000; cut += 500) growing.blocks(text.slice(0, cut));
    // Some of these took minutes. On a machine that is busy it may be ten times what it is alone.
    expect(performance.now() - began).toBeLessThan(6_000);
    expect(length).toBe(text.length);
  });

  it("is indented without end", () => {
    const text = Array.from({ length: 500 }, (_, depth) => `${"  ".repeat(depth)}- a`).join("\n");
    expect(lexWhole(text)).toEqual([{ type: "plain", raw: text, text }]);
  });
});

describe("a link of an answer", () => {
  it.each<[string, string | null]>([
    ["https://a.example/x?y#z", "a.example"],
    ["http://127.0.0.1:1/", "127.0.0.1:1"],
    ["mailto:a@b.example", "a@b.example"],
    ["https://bank.example@evil.example/", "evil.example"],
    ["javascript:alert(1)", null],
    ["java\nscript:alert(1)", null],
    [" \u0001javascript:alert(1)", null],
    ["JAVASCRIPT:alert(1)", null],
    ["vbscript:x", null],
    ["data:text/html,<script>", null],
    ["blob:https://a.example/1", null],
    ["file:///etc/passwd", null],
    ["//evil.example/", null],
    ["/console/keys", null],
    ["", null],
  ])("leads where its address says, and to no scheme of another kind: %j", (href, place) => {
    expect(safeLink(href)?.place ?? null).toBe(place);
  });

  it("names no other host before its own", () => {
    expect(safeLink("https://bank.example:pw@evil.example/")?.href).toBe("https://evil.example/");
  });
});

describe("letters that nobody sees", () => {
  it("are shown where they would turn the text around or hide one", () => {
    expect(visibleText("a\u202Eb\u2066c\u{E0041}")).toBe("a⟨U+202E⟩b⟨U+2066⟩c⟨U+E0041⟩");
    expect(visibleText("שלום 👩‍👩‍👧 مرحبا")).toBe("שלום 👩‍👩‍👧 مرحبا");
  });
});
