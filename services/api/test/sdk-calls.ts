import type { Flock } from "@flockollamas/sdk";

const SIGNED = { text: "text", signature: new Uint8Array(64) };

/** Every call of the SDK that asks one route, by its name. */
export const SDK_CALLS: Readonly<Record<string, (flock: Flock) => Promise<unknown>>> = {
  "models.list": (flock) => flock.models.list(),
  "models.get": (flock) => flock.models.get("library/flock-tiny:latest"),
  "network.get": (flock) => flock.network.get(),
  "status.get": (flock) => flock.status.get(),
  "usage.get": (flock) => flock.usage.get({ by: ["day", "key"] }),
  "keys.list": (flock) => flock.keys.list(),
  "keys.create": (flock) => flock.keys.create({ label: "x", budgetDayMicro: 5n }),
  "keys.change": (flock) => flock.keys.change("id", { expiresAt: null }),
  "keys.revoke": (flock) => flock.keys.revoke("id"),
  "account.get": (flock) => flock.account.get(),
  "statement.list": (flock) => flock.statement.list({ account: "stake" }).page(),
  "deposits.instructions": (flock) => flock.deposits.instructions(),
  "deposits.list": (flock) => flock.deposits.list({ suspended: true }).page(),
  "deposits.claim": (flock) => flock.deposits.claim(SIGNED),
  "withdrawals.list": (flock) => flock.withdrawals.list({ account: "vested" }).page(),
  "withdrawals.get": (flock) => flock.withdrawals.get("id"),
  "withdrawals.create": (flock) => flock.withdrawals.create(SIGNED),
  "stakes.stake": (flock) => flock.stakes.stake({ amountMicro: 5n }),
  "stakes.unstake": (flock) => flock.stakes.unstake(SIGNED),
  "collects.collect": (flock) => flock.collects.collect({ amountMicro: 5n }),
  "earnings.get": (flock) => flock.earnings.get({ worker: "w" }),
  "workers.list": (flock) => flock.workers.list(),
  "workers.challenge": (flock) => flock.workers.challenge("wallet"),
  "workers.delegate": (flock) => flock.workers.delegate(SIGNED),
  "workers.openSession": (flock) => flock.workers.openSession(SIGNED),
  "jobs.list": (flock) => flock.jobs.list().page(),
  "jobs.get": (flock) => flock.jobs.get("id"),
  "jobs.receipt": (flock) => flock.jobs.receipt("id"),
  "epochs.list": (flock) => flock.epochs.list().page(),
  "epochs.get": (flock) => flock.epochs.get(3),
  "epochs.statement": async (flock) => {
    for await (const _chunk of flock.epochs.statement(3));
  },
  "reserves.get": (flock) => flock.reserves.get(),
  "trust.get": (flock) => flock.trust.get(),
  "trust.verdicts": (flock) => flock.trust.verdicts().page(),
  "trust.verdict": (flock) => flock.trust.verdict("id"),
  "trust.evidence": (flock) => flock.trust.evidence("id"),
  "signIn.challenge": (flock) => flock.signIn.challenge("address"),
  "signIn.open": (flock) => flock.signIn.open({ message: "m", signature: "s" }),
  "signIn.signOut": (flock) => flock.signIn.signOut({ everywhere: true }),
  live: async (flock) => {
    for await (const _frame of flock.live({ signal: AbortSignal.timeout(1) }));
  },
};

/** Calls that ask no route of their own. */
export const SDK_OTHERS = [
  "texts.withdrawal",
  "texts.unstake",
  "texts.claim",
  "texts.delegation",
  "withToken",
];

/** Every function that the client has. */
export function callsOf(flock: Flock): string[] {
  return Object.entries(flock).flatMap(([name, value]) =>
    typeof value === "function" ? [name] : Object.keys(value).map((call) => `${name}.${call}`),
  );
}
