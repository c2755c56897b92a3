import type { FailRule, HideRule, SendRule, TransactionMatch } from "./control-requests.js";

/** What a rule is compared with. */
export interface Candidate {
  readonly signature: string;
  /** Called only by rules that look at addresses. */
  readonly addresses: () => readonly string[];
  readonly memo: string | null;
}

/** The faults that one node was told to have. A new node has none, and each ends when it is used up. */
export class Faults {
  lagSlots = 0;
  #send: SendRule[] = [];
  #fail: FailRule[] = [];
  #hide: HideRule[] = [];
  #repeats = 0;

  addSendRule(rule: SendRule): void {
    this.#send.push({ ...rule });
  }

  addFailRule(rule: FailRule): void {
    this.#fail.push({ ...rule });
  }

  addHideRule(rule: HideRule): void {
    this.#hide.push({ ...rule });
  }

  repeatSignatures(times: number): void {
    this.#repeats = times;
  }

  clear(): void {
    this.#send = [];
    this.#fail = [];
    this.#hide = [];
    this.#repeats = 0;
    this.lagSlots = 0;
  }

  /** What is still to go wrong. */
  pending() {
    return {
      lagSlots: this.lagSlots,
      send: this.#send,
      fail: this.#fail,
      hide: this.#hide,
      repeats: this.#repeats,
    };
  }

  /** What is to happen to a transaction that is sent; undefined: nothing special. */
  onSend(transaction: Candidate): SendRule | undefined {
    const rule = this.#send.find(({ match }) => matches(match, transaction));
    if (rule !== undefined) this.#send = used(this.#send, rule);
    return rule;
  }

  /** How a call of `method` is to fail; undefined: not at all. */
  onCall(method: string): FailRule | undefined {
    const rule = this.#fail.find((each) => each.method === undefined || each.method === method);
    if (rule !== undefined) this.#fail = used(this.#fail, rule);
    return rule;
  }

  /** What an answer of `method` may show of these transactions: all of them, if nothing is to be hidden. */
  shown<T>(
    method: HideRule["methods"][number],
    items: readonly T[],
    candidateOf: (item: T) => Candidate,
  ): T[] {
    const rules = this.#hide.filter(({ methods }) => methods.includes(method));
    if (rules.length === 0) return [...items];
    const usedRules = new Set<HideRule>();
    const left = items.filter((item) => {
      const candidate = candidateOf(item);
      const hiding = rules.find(({ match }) => matches(match, candidate));
      if (hiding !== undefined) usedRules.add(hiding);
      return hiding === undefined;
    });
    for (const rule of usedRules) this.#hide = used(this.#hide, rule);
    return left;
  }

  /** Whether the next list of signatures is to have every entry twice. */
  takeRepeat(): boolean {
    if (this.#repeats === 0) return false;
    this.#repeats -= 1;
    return true;
  }
}

/** The rules after one of them was used once. */
function used<Rule extends { readonly times: number }>(rules: readonly Rule[], rule: Rule): Rule[] {
  return rules.flatMap((each) => {
    if (each !== rule) return [each];
    return rule.times > 1 ? [{ ...rule, times: rule.times - 1 }] : [];
  });
}

function matches(match: TransactionMatch, { signature, addresses, memo }: Candidate): boolean {
  return (
    (match.signature === undefined || match.signature === signature) &&
    (match.memo === undefined || (memo ?? "").includes(match.memo)) &&
    (match.address === undefined || addresses().includes(match.address))
  );
}
