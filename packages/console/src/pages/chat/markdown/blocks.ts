import { Lexer, type Token } from "marked";

/**
 * Markdown as a list of blocks, while it is still being written. Only the lexer of `marked` is used; what it finds
 * becomes elements (see `markdown.tsx`), and never an HTML string.
 *
 * Blocks that are finished are lexed once, and keep their identity, so that nothing of them is drawn again. The last
 * two stay open, because more text may change them. A text that is whole is lexed as a whole: links by reference, and
 * lists that join later, come out otherwise in parts.
 *
 * The lexer takes the square of some texts' length, or more, and goes into itself for each level of nesting. What a
 * person would write is far below the bounds here; what is beyond them is shown as it is (`plain`).
 */

const OPEN_BLOCKS = 2;
/** What is lexed at once. */
const LEXED_LENGTH_MAX = 30_000;
const MARKDOWN_LENGTH_MAX = 400_000;
/** Signs that may begin or end something within a line: in one paragraph, heading or cell, and in all of them. */
const SIGN = /[*_~[\]!<>`@&\\()]/g;
const SIGNS_MAX = 800;
const SIGNS_TOGETHER_MAX = 8_000;
/** Lines that make the one before them a heading, or the head of a table. */
const RULE = /^[ \t>]*[-=|: \t]{1,200}$/gm;
const RULES_MAX = 200;
const NESTING_MAX = 24;
const MARKER = "(?:>|[-*+][ \\t]|\\d{1,9}[.)][ \\t])";
const NESTED = new RegExp(`^(?:[ \\t]*${MARKER}){${NESTING_MAX}}`, "m");
const INDENTED = new RegExp(`^[ \\t]{${NESTING_MAX * 4}}[ \\t]*${MARKER}`, "m");

/** The blocks of a text that is whole. */
export function lexWhole(text: string): readonly Token[] {
  return text.length <= LEXED_LENGTH_MAX ? lex(text) : lexInParts(text);
}

/** A call that took so long is followed by a rest of so many times that, in which the open text is shown as it is. */
const SLOW_MS = 30;
const REST = 10;

export class GrowingMarkdown {
  readonly #rests: boolean;
  #restsUntil = 0;
  #closed: readonly Token[] = [];
  /** How much of the text the closed blocks are. */
  #closedLength = 0;
  #text = "";
  #blocks: readonly Token[] = [];

  /** @param rests It takes no more than a small share of the page's time, whatever the text is. */
  constructor({ rests = false }: { readonly rests?: boolean } = {}) {
    this.#rests = rests;
  }

  /** The blocks of `text`, which begins as the text of the last call did. */
  blocks(text: string): readonly Token[] {
    if (text === this.#text) return this.#blocks;
    if (!text.startsWith(this.#text)) {
      this.#closed = [];
      this.#closedLength = 0;
    }
    this.#text = text;
    this.#blocks = this.#grow();
    return this.#blocks;
  }

  #grow(): readonly Token[] {
    const open = this.#text.slice(this.#closedLength);
    if (performance.now() < this.#restsUntil) return [...this.#closed, plain(open)];
    const tokens = this.#timed(open);
    const ready = tokens.slice(0, -OPEN_BLOCKS);
    const raw = ready.map((token) => token.raw).join("");
    // The lexer has ends of lines of its own; where its words are not those of the text, nothing closes.
    if (raw === "" || !open.startsWith(raw)) return [...this.#closed, ...tokens];
    this.#closed = [...this.#closed, ...ready];
    this.#closedLength += raw.length;
    return [...this.#closed, ...tokens.slice(-OPEN_BLOCKS)];
  }

  #timed(open: string): readonly Token[] {
    const began = performance.now();
    const tokens = lex(open);
    const took = performance.now() - began;
    if (this.#rests && took > SLOW_MS) this.#restsUntil = began + took * (1 + REST);
    return tokens;
  }
}

function lexInParts(text: string): readonly Token[] {
  if (text.length > MARKDOWN_LENGTH_MAX) return [plain(text)];
  const growing = new GrowingMarkdown();
  const step = LEXED_LENGTH_MAX / 3;
  for (let length = step; length < text.length; length += step) growing.blocks(text.slice(0, length));
  return growing.blocks(text);
}

function lex(text: string): readonly Token[] {
  if (text.length > LEXED_LENGTH_MAX || isTooMuch(text)) return [plain(text)];
  try {
    const lexer = new Lexer({ gfm: true });
    lexer.blockTokens(text.replace(/\r\n?/g, "\n"), lexer.tokens);
    let signs = 0;
    for (const { src, tokens } of lexer.inlineQueue) {
      const count = src.match(SIGN)?.length ?? 0;
      signs += count;
      if (count > SIGNS_MAX || signs > SIGNS_TOGETHER_MAX) tokens.push(plain(src));
      else lexer.inlineTokens(src, tokens);
    }
    return [...lexer.tokens];
  } catch {
    // Nothing that a model writes may take the page along.
    return [plain(text)];
  }
}

function isTooMuch(text: string): boolean {
  return NESTED.test(text) || INDENTED.test(text) || (text.match(RULE)?.length ?? 0) > RULES_MAX;
}

function plain(text: string): Token {
  return { type: "plain", raw: text, text };
}
