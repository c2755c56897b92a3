import type { Operation, Outcome } from "../src/domain/operation.js";

interface ReferenceHold {
  readonly account: string;
  readonly amount: bigint;
  readonly request: string;
  readonly isShort: boolean;
  state: "open" | "settled" | "free" | "voided" | "expired";
  event?: string;
}

/**
 * A second, deliberately naive ledger to compare the real one with: it keeps a list of who paid whom and adds it up anew
 * for each question. Holds with a timeout of 1 ms are over once `timePasses` was called.
 */
export class ReferenceLedger {
  readonly #payments: { from: string; to: string; amount: bigint }[] = [];
  readonly #holds = new Map<string, ReferenceHold>();
  readonly #grants = new Map<string, string>();
  readonly #late = new Set<string>();

  balance(account: string): bigint {
    const sum = (side: "from" | "to") =>
      this.#payments.filter((one) => one[side] === account).reduce((total, { amount }) => total + amount, 0n);
    return sum("to") - sum("from");
  }

  held(account: string): bigint {
    const open = [...this.#holds.values()].filter(
      (hold) => hold.account === account && hold.state === "open",
    );
    return open.reduce((total, { amount }) => total + amount, 0n);
  }

  available(account: string): bigint {
    return this.balance(account) - this.held(account);
  }

  accounts(): string[] {
    return [...new Set(this.#payments.flatMap(({ from, to }) => [from, to]))];
  }

  get settledJobs(): number {
    return [...this.#holds.values()].filter(({ state }) => state === "settled" || state === "free").length;
  }

  timePasses(): void {
    for (const [jobId, hold] of this.#holds) if (hold.isShort) this.#late.add(jobId);
  }

  run(operation: Operation): Outcome {
    const text = JSON.stringify(operation, (_, value) => (typeof value === "bigint" ? `${value}` : value));
    switch (operation.kind) {
      case "grant": {
        const wallet = `wallet:${operation.accountId}`;
        const before = this.#grants.get(operation.transferId);
        if (before !== undefined && before !== text) return { kind: "conflict" };
        if (before === undefined)
          this.#payments.push({ from: "pool:dev", to: wallet, amount: operation.amount });
        this.#grants.set(operation.transferId, text);
        return { kind: "granted", available: this.available(wallet) } as Outcome;
      }
      case "hold": {
        const account = `wallet:${operation.accountId}`;
        const before = this.#holds.get(operation.jobId);
        const available = this.available(account);
        if (before !== undefined) {
          if (before.request !== text) return { kind: "conflict" };
          if (before.state !== "open" || this.#late.has(operation.jobId)) return { kind: "ended" };
          return { kind: "held", granted: before.amount, available } as Outcome;
        }
        const amount = lesser(available, operation.amountMax);
        if (amount < 1n || amount < operation.amountMin)
          return { kind: "insufficient_funds", available } as Outcome;
        const isShort = operation.timeoutMs === 1;
        this.#holds.set(operation.jobId, { account, amount, request: text, isShort, state: "open" });
        return { kind: "held", granted: amount, available: available - amount } as Outcome;
      }
      case "void":
      case "expire": {
        const hold = this.#holds.get(operation.jobId);
        const isDue = operation.kind === "void" || this.#late.has(operation.jobId);
        if (hold?.state !== "open" || !isDue) return { kind: "nothing_to_release" };
        hold.state = operation.kind === "void" ? "voided" : "expired";
        return { kind: "released", amount: hold.amount } as Outcome;
      }
      case "settle": {
        const hold = this.#holds.get(operation.jobId);
        if (hold === undefined) return { kind: "no_hold" };
        if (hold.account !== `wallet:${operation.accountId}`) return { kind: "conflict" };
        if (hold.event === text) return { kind: "already_settled" };
        if (hold.state === "settled") return { kind: "conflict" };
        if (hold.state === "voided" || hold.state === "free") return { kind: "voided" };
        if (hold.state === "open" && this.#late.has(operation.jobId)) hold.state = "expired";
        if (hold.state === "expired") return { kind: "expired" };
        return this.#settle(operation, hold, text);
      }
      default:
        throw new Error(`the reference ledger cannot ${operation.kind}`);
    }
  }

  #settle(settle: Extract<Operation, { kind: "settle" }>, hold: ReferenceHold, text: string): Outcome {
    const cost = settle.promptTokens * settle.promptPrice + settle.completionTokens * settle.completionPrice;
    const charge = lesser(cost, hold.amount);
    // The smallest fee that is at least 5 %.
    const fee = (charge * 5n + 99n) / 100n;
    this.#payments.push({ from: hold.account, to: `earnings:${settle.workerId}`, amount: charge - fee });
    this.#payments.push({ from: hold.account, to: "pool:fees", amount: fee });
    hold.state = charge === 0n ? "free" : "settled";
    hold.event = text;
    return { kind: "settled", charge } as Outcome;
  }
}

/** Math.min knows no bigint. */
function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
