import { generateIdentity } from "@flock/keys";
import { SteppedClock } from "@flock/mesh/testing";
import { MoneyApi, signed } from "./money-api.js";

/* What time decides at the api, at the very millisecond: on a clock that the test steps. */

const DAY_MS = 86_400_000;
const CHALLENGE_MS = 5 * 60_000;

let clock: SteppedClock;
let money: MoneyApi;

beforeAll(async () => {
  clock = new SteppedClock();
  const limits = { API_WALLET_TEXTS_PER_MINUTE: "2" };
  money = await MoneyApi.start([limits, limits], clock);
}, 120_000);
afterAll(async () => money?.stop());

const account = (token: string) => money.ask("GET", "/account", { token });

/** Takes a text for the wallet, and signs in with it when it is called. */
async function challenged(wallet = generateIdentity()) {
  const { body } = await money.ask("POST", "/sign-in/challenge", { body: { address: wallet.id } });
  const signature = signed(wallet, body.message);
  return {
    text: body.message as string,
    signIn: () => money.ask("POST", "/sign-in", { body: { message: body.message, signature } }),
  };
}

describe("a session", () => {
  it("lasts until the moment that it was told, and is over then", async () => {
    const { signIn } = await challenged();
    const { body } = await signIn();
    expect(Date.parse(body.expires_at)).toBe(clock.unixMs() + DAY_MS);
    clock.step(DAY_MS - 1);
    expect((await account(body.session_token)).status).toBe(200);
    clock.step(1);
    expect((await account(body.session_token)).status).toBe(401);
  });
});

describe("a text to sign in with", () => {
  it("is good until the time that stands in it, to the millisecond", async () => {
    const [inTime, late] = [await challenged(), await challenged()];
    const expires = new Date(clock.unixMs() + CHALLENGE_MS).toISOString();
    expect(inTime.text).toContain(`Expiration Time: ${expires}`);
    clock.step(CHALLENGE_MS - 1);
    expect((await inTime.signIn()).status).toBe(200);
    clock.step(1);
    expect((await late.signIn()).status).toBe(401);
  });
});

describe("what a wallet may sign per minute", () => {
  it("is full again, by one, when its share of the minute has passed", async () => {
    const wallet = generateIdentity();
    const signIn = async () => (await (await challenged(wallet)).signIn()).status;
    expect([await signIn(), await signIn(), await signIn()]).toEqual([200, 200, 429]);
    clock.step(29_999);
    expect(await signIn()).toBe(429);
    clock.step(1);
    expect([await signIn(), await signIn()]).toEqual([200, 429]);
  });
});
