/** What a referee said about one place of an answer, without being told what the answer has there. */
export interface Reading {
  /** `token`: what comes next was asked. `end`: the same behind the answer's last token, which ended by itself. */
  readonly kind: "token" | "end";
  /** Where in the answer's text, in UTF-16 units. */
  readonly offset: number;
  /** Natural logarithms of the referee's first choices' probabilities, most likely first, at most 20, in millinats. */
  readonly choices: readonly number[];
  /** Which of them the answer has there; -1: none. For `end`: 0 if the referee would end, too, else -1. */
  readonly claimed: number;
}
