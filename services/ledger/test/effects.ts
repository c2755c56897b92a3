import { TOTAL_SUPPLY } from "@flock/money";

interface Effect {
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

/** What has to be in the books beside the genesis: one payment for each id, however often it was answered for. */
export class Effects {
  readonly #byId = new Map<string, Effect>([
    ["genesis:rewards", { from: "supply:root", to: "pool:rewards", amount: (TOTAL_SUPPLY * 95n) / 100n }],
    ["genesis:liquidity", { from: "supply:root", to: "pool:liquidity", amount: TOTAL_SUPPLY / 40n }],
    ["genesis:dev", { from: "supply:root", to: "pool:dev", amount: TOTAL_SUPPLY / 40n }],
  ]);

  /** @throws what `expect` throws if the id had another effect. */
  note(id: string, from: string, to: string, amount: bigint): void {
    const effect = { from, to, amount };
    expect(this.#byId.get(id) ?? effect).toEqual(effect);
    this.#byId.set(id, effect);
  }

  /** Balances that are not 0, by account. */
  balances(): Map<string, bigint> {
    const balances = new Map<string, bigint>();
    const add = (account: string, amount: bigint) =>
      balances.set(account, (balances.get(account) ?? 0n) + amount);
    for (const { from, to, amount } of this.#byId.values()) {
      add(from, -amount);
      add(to, amount);
    }
    return new Map([...balances].filter(([, balance]) => balance !== 0n));
  }
}
