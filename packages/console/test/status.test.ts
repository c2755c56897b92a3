import { generateKeyPairSync, sign } from "node:crypto";
import { base58 } from "@scure/base";
import { type Rig, startRig } from "./harness/rig.js";

/* Whether the network works, and whether the money is there: what was seen, by whom, and what is not known. */

const STATUS = "GET /flock/v1/status";
const RESERVES = "GET /flock/v1/reserves";
const NAMES = ["api", "router", "ledger", "treasury", "database", "messages"];
const DAY_MS = 86_400_000;

function services(states: Record<string, string> = {}) {
  return NAMES.map((name) => ({
    ...{ name, state: states[name] ?? "ok", instances: states[name] === "unknown" ? null : 2 },
    ...{
      since: "2026-11-29T14:02:11Z",
      note: states[name] === undefined ? null : "<i>one of two</i> instances is gone",
    },
  }));
}

/** The first 30 days nobody looked; on the last but one the router had a bad hour. */
const DAYS = Array.from({ length: 90 }, (_, index) => ({
  day: new Date(Date.now() - (89 - index) * DAY_MS).toISOString().slice(0, 10),
  services:
    index < 30
      ? []
      : NAMES.map((name) => ({
          name,
          samples: 2_880,
          ok: name === "router" && index === 88 ? 2_760 : 2_880,
        })),
}));

const INCIDENT = {
  ...{ id: "6f1c1d0e-0000-4000-8000-000000000001", service: "router", began_at: "2026-11-29T10:00:00Z" },
  ...{ ended_at: "2026-11-29T11:00:00Z", effect: "Requests were answered with 503.", done: null },
};

function status(more: object = {}) {
  const json = {
    ...{
      as_of: new Date().toISOString(),
      services: services(),
      incidents: [INCIDENT],
      days: DAYS,
      payouts: null,
    },
    ...more,
  };
  return { [STATUS]: { json } };
}

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const TREASURY = base58.encode(publicKey.export({ format: "der", type: "spki" }).subarray(-32));

/** As a treasury signs it: on chain and in flight is what is owed and what is not credited. */
function reserves(more: object = {}) {
  const sums = {
    earnings: 2_000_000,
    external: -999_500_000,
    pool: 900_000_000,
    stake: 1_500_000,
    wallet: 96_000_000,
  };
  const statement = [
    "FlockOllamas reserves",
    "on chain: 1000000000",
    "slot: 4242",
    "paid and not yet posted: 0",
    "received and not yet credited: 500000",
    "ledger position: 77",
    `ledger hash: ${"ab".repeat(32)}`,
    ...Object.entries(sums).map(([kind, sum]) => `ledger ${kind}: ${sum}`),
  ].join("\n");
  const json = {
    ...{
      statement,
      signature: base58.encode(sign(null, Buffer.from(statement), privateKey)),
      signer: TREASURY,
    },
    ...{ on_chain_micro: "1000000000", slot: 4_242, in_flight_micro: "0", uncredited_micro: "500000" },
    ...{ ledger_position: "77", ledger_hash: "ab".repeat(32) },
    liabilities: Object.entries(sums).map(([kind, sum]) => ({ kind, sum_micro: String(sum) })),
    ...more,
  };
  return { [RESERVES]: { json } };
}

const ON_CHAIN = {
  "GET /flock/v1/network": {
    json: {
      ...{ chain: "solana", genesis_hash: "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG", mint: TREASURY },
      ...{ treasury_address: TREASURY, parameters: { version: 1, values: {} }, live: null },
    },
  },
};

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ ...ON_CHAIN, ...status(), ...reserves() });
});

afterAll(async () => {
  await rig.close();
});

describe("the page Status", () => {
  it("says that all works, leaves unobserved days blank, and checks the reserves in this browser", async () => {
    const visit = await rig.visit("/status");
    const { page } = visit;
    await page.getByText("Every service works.").waitFor();
    await page.getByText("signature checked in this browser").waitFor();
    await page.getByText("1,000 LLAMA is held, 1,000 LLAMA is owed. The difference is 0").waitFor();
    await page.getByText(/On 59 of 60 observed days .* On 30 days nobody looked/).waitFor();
    expect(await visit.looks("status")).toEqual([]);

    const slider = page.getByRole("slider");
    await slider.focus();
    await page.keyboard.press("ArrowLeft");
    expect(await slider.getAttribute("aria-valuetext")).toContain("router 95.83 %, ledger 100 %");
    await page.keyboard.press("Home");
    expect(await slider.getAttribute("aria-valuetext")).toContain("nobody looked");
    // Of six services 60 days each, and one day of one in two parts.
    expect(await page.locator("figure rect").count()).toBe(6 * 60 + 1 + 1);
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("names what is down, and why payouts are halted", async () => {
    rig.server.answer({
      ...status({
        services: services({ router: "degraded", treasury: "down", messages: "unknown" }),
        incidents: [{ ...INCIDENT, ended_at: null, done: "<script>alert(1)</script> restarted" }],
        payouts: { halted: true, reason: "books and chain differ", since: "2026-11-30T01:00:00Z" },
      }),
      ...reserves({ on_chain_micro: "1000000001" }),
    });
    const visit = await rig.visit("/status");
    const { page } = visit;
    await page.getByText("Not working: treasury.").waitFor();
    await page.getByText("The reason: “books and chain differ”.").waitFor();
    await page.getByText("<i>one of two</i> instances is gone").first().waitFor();
    await page.getByText("<script>alert(1)</script> restarted").waitFor();
    await page.getByText("1 µLLAMA more is held than owed").waitFor();
    await page.getByText("The signature does not hold.").waitFor();
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("status-bad");
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });

  it("shows nothing green over what is old, and that it cannot reach the api is the finding", async () => {
    rig.server.answer({ ...status(), ...reserves() });
    const visit = await rig.visit("/status");
    const { page } = visit;
    await page.getByText("Every service works.").waitFor();
    await page.route(/flock\/v1/, (route) => route.abort("connectionrefused"));
    await page.getByText("That is itself the finding").waitFor({ timeout: 25_000 });
    await page.getByText("How the services do now is not known.").waitFor();
    expect(await page.getByRole("row").filter({ hasText: "router" }).textContent()).toContain("was ok");
    expect(await page.getByText("Every service works.").count()).toBe(0);
    expect(await page.getByRole("link", { name: "The plain page" }).getAttribute("href")).toBe("/status");
    expect(await visit.axe()).toEqual([]);
    await visit.screenshot("status-unreachable");
    expect(visit.faults(/ERR_CONNECTION_REFUSED/)).toEqual([]);
    await visit.close();
  });

  it("says that a signature is not checked where no browser can, and that a network without a chain has no reserves", async () => {
    const visit = await rig.visit("/nowhere");
    const { page } = visit;
    await page.addInitScript("Object.defineProperty(crypto, 'subtle', { value: undefined })");
    await page.goto(`${rig.server.url}/console/status`);
    await page.getByText("not checked here").waitFor();
    rig.server.answer({
      "GET /flock/v1/network": { json: { chain: null, parameters: { version: 1, values: {} } } },
    });
    await page.reload();
    await page.getByText("This network has no chain").waitFor();
    expect(visit.faults()).toEqual([]);
    await visit.close();
  });
});
