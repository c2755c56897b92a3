import { asMarkdown } from "./as-markdown.js";
import { type Answer, costOf, NO_FACTS, newestEnd, pathTo, type Turn, titleOf, versionsOf } from "./turns.js";

const question = (id: string, parent: string | null, text = id): Turn => ({
  kind: "question",
  id,
  parent,
  at: 0,
  text,
  images: [],
});
const answer = (id: string, parent: string, changes: Partial<Answer> = {}): Turn => ({
  kind: "answer",
  id,
  parent,
  at: 0,
  model: "m",
  options: {},
  text: id,
  thinking: "",
  thinkingMs: null,
  state: "done",
  facts: NO_FACTS,
  ribbon: [],
  refusal: null,
  isGuest: false,
  ...changes,
});
const ids = (turns: readonly Turn[]) => turns.map(({ id }) => id);

// q1 ─ a1 ─ q2 ─ a2
//   └ a1b      └ (q2b ─ a3, an edit of q2)
const TURNS = [
  question("q1", null),
  answer("a1", "q1"),
  question("q2", "a1"),
  answer("a2", "q2"),
  question("q2b", "a1"),
  answer("a3", "q2b"),
  answer("a1b", "q1"),
];

describe("a conversation", () => {
  it("shows the way to its head, and keeps every other one", () => {
    expect(ids(pathTo(TURNS, "a3"))).toEqual(["q1", "a1", "q2b", "a3"]);
    expect(ids(pathTo(TURNS, "a2"))).toEqual(["q1", "a1", "q2", "a2"]);
    expect(pathTo(TURNS, null)).toEqual([]);
  });

  it("survives a store that somebody has bent into a circle", () => {
    const circle = [question("a", "b"), answer("b", "a")];
    expect(ids(pathTo(circle, "a"))).toEqual(["b", "a"]);
    expect(newestEnd(circle, "a")).toBe("a");
  });

  it("has the versions of a turn, and goes on from each at its newest end", () => {
    const [q2] = TURNS.filter(({ id }) => id === "q2");
    expect(ids(versionsOf(TURNS, q2 ?? question("", null)))).toEqual(["q2", "q2b"]);
    expect([newestEnd(TURNS, "q2"), newestEnd(TURNS, "q2b"), newestEnd(TURNS, "a1b")]).toEqual([
      "a2",
      "a3",
      "a1b",
    ]);
  });

  it("adds up what was charged, and says how much is not known", () => {
    const charged = (id: string, chargeMicro: string | null, changes: Partial<Answer> = {}) =>
      answer(id, "q", { facts: { ...NO_FACTS, chargeMicro }, ...changes });
    const turns = [
      charged("1", "9007199254740993"),
      charged("2", "7"),
      charged("3", null, { state: "stopped" }),
      charged("4", null, { state: "refused" }),
      charged("5", null, { state: "writing" }),
      charged("6", "50", { isGuest: true }),
    ];
    expect(costOf(turns)).toEqual({ micro: 9_007_199_254_741_000n, unknown: 1 });
  });

  it("is named by how it begins, and can be taken away as markdown", () => {
    expect([titleOf(" Why\n is  it? "), titleOf(""), titleOf("x".repeat(99)).length]).toEqual([
      "Why is it?",
      "Image",
      40,
    ]);
    expect(asMarkdown("T", pathTo(TURNS, "a1"))).toBe("# T\n\n## You\n\nq1\n\n## m\n\na1\n");
  });
});
