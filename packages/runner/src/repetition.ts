/**
 * Ollama's own guard against a model that repeats itself: it ends an answer, without a last line, when 30 pieces in a
 * row were equal to the one before them, blanks around them left aside (recorded in test/golden,
 * `chat-token-repeat`). This one counts as Ollama does, so that the ordinary end of such an answer can be
 * told from one that broke off, and so that a continued answer ends where the undisturbed one would have.
 */
const REPEATS_MAX = 30;

export class Repetition {
  #last: string | undefined;
  #repeats = 0;

  /** @param delivered What earlier leases have delivered, which Ollama does not know of when it counts. */
  constructor(private readonly delivered: string) {
    this.#last = delivered === "" ? "" : undefined;
  }

  /** True if Ollama would have ended the answer before it sent this piece. */
  add(piece: string): boolean {
    const text = piece.trim();
    if (text === this.#last) this.#repeats += 1;
    else {
      this.#repeats = this.#last === undefined ? repeatsAtEnd(this.delivered, text) : 0;
      this.#last = text;
    }
    return this.#repeats > REPEATS_MAX;
  }

  /** Whether the next equal piece would have ended the answer. */
  get isAtLimit(): boolean {
    return this.#repeats >= REPEATS_MAX;
  }
}

/** How often `text` stands at the end of `delivered`, blanks between aside: at most as often as matters. */
function repeatsAtEnd(delivered: string, text: string): number {
  if (text === "") return 0;
  let rest = delivered.trimEnd();
  let repeats = 0;
  while (repeats <= REPEATS_MAX && rest.endsWith(text)) {
    rest = rest.slice(0, -text.length).trimEnd();
    repeats += 1;
  }
  return repeats;
}
