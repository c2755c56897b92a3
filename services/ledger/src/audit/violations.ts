/** Of each rule: enough for a human to go by; broken books may break it a million times. */
export const PER_RULE_MAX = 20;

/** What is wrong with the books, in words. */
export class Violations {
  readonly #found: string[] = [];
  readonly #timesByRule = new Map<string, number>();

  /** @param what that breaks the rule: a code, an id, a number. */
  add(rule: string, what: string): void {
    const times = (this.#timesByRule.get(rule) ?? 0) + 1;
    this.#timesByRule.set(rule, times);
    if (times <= PER_RULE_MAX) this.#found.push(`${rule}: ${what}`);
  }

  get found(): readonly string[] {
    return this.#found;
  }
}
