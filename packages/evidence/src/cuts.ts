/** A piece of an answer as it came. */
export interface AnswerPiece {
  readonly text: string;
  /** Completion tokens that it stands for. */
  readonly tokens: number;
}

/** The answer's own first word: a prompt often decides it alone. */
const FIRST_OFFSET_MIN = 1;

/**
 * Where an answer may be cut so that a model which reads what comes before goes on with a token that the answer begins
 * there: where a piece of known tokens begins, and before blanks between words. Behind blanks a model goes on
 * otherwise, and a text that is cut inside of a token is read as other tokens than it was written in.
 *
 * @returns Offsets in the answer's text, in UTF-16 units, ascending.
 */
export function cutCandidates(pieces: readonly AnswerPiece[]): number[] {
  const text = pieces.map((piece) => piece.text).join("");
  const offsets = new Set([...pieceStarts(pieces), ...wordEnds(text)]);
  return [...offsets].filter((offset) => isStable(text, offset)).sort((a, b) => a - b);
}

/** Where pieces of one token begin that follow pieces of one token. */
function pieceStarts(pieces: readonly AnswerPiece[]): number[] {
  const starts: number[] = [];
  let offset = 0;
  let before: AnswerPiece | undefined;
  for (const piece of pieces) {
    if (piece.text !== "" && piece.tokens === 1 && before?.tokens === 1) starts.push(offset);
    offset += piece.text.length;
    before = piece;
  }
  return starts;
}

/** Where a single space ends a word: models write the space with the word behind it. */
function wordEnds(text: string): number[] {
  return [...text.matchAll(/(?<=[\p{L}\p{N}]) (?=[\p{L}\p{N}])/gu)].map(({ index }) => index);
}

/** What a model writes together with what comes before: a variation, a joiner, an accent. */
const JOINED = /^(?:\uFE0F|\u200D|\p{M})/u;
const BLANK_OR_JOINER = /(?:\s|\uFFFD|\uFE0F|[\u200B-\u200D])$/u;

function isStable(text: string, offset: number): boolean {
  if (offset < FIRST_OFFSET_MIN || offset >= text.length) return false;
  const before = text.slice(0, offset);
  const isInsidePair = /[\uD800-\uDBFF]$/.test(before);
  return !isInsidePair && !BLANK_OR_JOINER.test(before) && !JOINED.test(text.slice(offset));
}
