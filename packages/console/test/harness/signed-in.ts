import type { BrowserContext } from "playwright-core";
import type { TestWallet } from "./test-wallet.js";

/** A tab in which somebody has signed in already, for `visit(…, { prepare })`. */
export function signedIn(wallet: TestWallet): (context: BrowserContext) => Promise<void> {
  return async (context) => {
    await wallet.install(context);
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const session = { kind: "wallet", token: "fls_TestSession123", account: wallet.address, expiresAt };
    await context.addInitScript(
      `sessionStorage.setItem("flock.session", ${JSON.stringify(JSON.stringify(session))})`,
    );
  };
}

/** An account in the shape of the api, with these amounts in µLLAMA. */
export function accountAnswer(address: string, change: object = {}) {
  const balance = (posted: string, held: string, available: string) => ({
    posted_micro: posted,
    held_micro: held,
    available_micro: available,
  });
  return {
    account: address,
    wallet: balance("13000000", "500000", "12500000"),
    stake_micro: "1000000000",
    cooling: {
      total_micro: "40000000",
      releases: [
        {
          id: "c1",
          amount_micro: "40000000",
          release_at: new Date(Date.now() + 3 * 86_400_000).toISOString(),
        },
      ],
    },
    vested: balance("7000000", "0", "7000000"),
    earnings_micro: "2500000",
    tier: {
      level: 1,
      requests_per_minute: 300,
      concurrency: 16,
      priority: 2,
      next: { level: 2, stake_min_micro: "10000000000" },
    },
    ...change,
  };
}
