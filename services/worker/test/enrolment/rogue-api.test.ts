import { gzipSync } from "node:zlib";
import { createTree, issueWorker, workerIssuer } from "@flock/access";
import { freshUserSeed, generateIdentity, natsKeyOf } from "@flock/keys";
import { delegationText } from "@flock/orders";
import type { FakeAnswer } from "../../../../packages/enrolment/test/fake-enrolment-api.js";
import { EnrolledRig } from "./enrolled-rig.js";

let rig: EnrolledRig;
beforeAll(async () => {
  rig = await EnrolledRig.start();
});
afterEach(() => rig.stopWorkers());
afterAll(() => rig.stop());

type Mangled = Record<string, unknown> | FakeAnswer;
type Rogue = [what: string, path: string, words: string | RegExp, change: (answer: Mangled) => Mangled];

const WHOLE = { status: 200, headers: { "content-type": "application/json" } };
const other = generateIdentity().id;

/** A JWT as the real issuer makes it, for somebody else. */
function jwtFor(workerId: string): Promise<string> {
  const sessionKey = natsKeyOf(freshUserSeed()).publicKey;
  return issueWorker(workerIssuer(createTree()), { workerId, sessionKey, lifeSeconds: 60 });
}

/** Changes the claims of a JWT. */
function reclaimed(jwt: unknown, changes: object): string {
  const [head, body = "", signature] = String(jwt).split(".");
  const claims = { ...JSON.parse(Buffer.from(body, "base64url").toString()), ...changes };
  return [head, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}

const transfer = `FlockOllamas withdrawal\nnetwork: x\naccount: ${other}`;
const unsigned: readonly Rogue[] = [
  [
    "calls itself by another origin",
    "challenges",
    "nothing was signed",
    (answer) => ({ ...answer, api: "https://api.example" }),
  ],
  [
    "calls itself by its origin and a path",
    "challenges",
    "nothing was signed",
    (answer) => ({ ...answer, api: `${rig.api.url}/` }),
  ],
  [
    "gives a text of several lines as its challenge",
    "challenges",
    "nothing was signed",
    (answer) => ({ ...answer, challenge: "abc\neffect: all" }),
  ],
  [
    "gives another signed text as its challenge",
    "challenges",
    "none of its answers",
    (answer) => ({ ...answer, challenge: transfer }),
  ],
  [
    "gives a whole delegation as its challenge",
    "challenges",
    "none of its answers",
    (answer) => ({
      ...answer,
      challenge: delegationText({
        api: rig.api.url,
        wallet: other,
        payout: other,
        key: generateIdentity().id,
        challenge: "7Hq3mB9xZk2LrT5w",
        issuedMs: 1,
        expiresMs: 2,
      }),
    }),
  ],
  ["gives no challenge", "challenges", "none of its answers", () => ({})],
  [
    "answers without end",
    "challenges",
    "more than 65536 bytes",
    () => ({ ...WHOLE, body: "x".repeat(5_000_000) }),
  ],
  [
    "answers with what becomes giant",
    "challenges",
    "more than 65536 bytes",
    () => ({
      ...WHOLE,
      headers: { ...WHOLE.headers, "content-encoding": "gzip" },
      body: gzipSync(Buffer.alloc(50_000_000)),
    }),
  ],
  [
    "sends elsewhere",
    "challenges",
    "answered 302",
    () => ({ status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "" }),
  ],
  ["is another server", "challenges", "is that a FlockOllamas API?", () => ({ status: 403, body: "<html>" })],
  [
    "refuses in words for a terminal",
    "challenges",
    "?[2Jgone",
    () => ({
      status: 400,
      body: JSON.stringify({ error: { code: "invalid_argument", message: "\u001b[2Jgone" } }),
    }),
  ],
];
const delegated: readonly Rogue[] = [
  [
    "takes the delegation for another wallet's",
    "delegations",
    "for another one",
    (answer) => ({ ...answer, worker_id: other }),
  ],
  [
    "takes the delegation for another payee",
    "delegations",
    "for another one",
    (answer) => ({ ...answer, payout: other }),
  ],
  ["lets another worker in", "sessions", "for another worker", (answer) => ({ ...answer, worker_id: other })],
  [
    "gives a JWT for another worker",
    "sessions",
    "a JWT for another worker",
    (answer) => ({ ...answer, jwt: reclaimed((answer as { jwt?: unknown }).jwt, { name: other }) }),
  ],
  [
    "gives a JWT that never ends",
    "sessions",
    "no JWT of a NATS user that ends",
    (answer) => ({ ...answer, jwt: reclaimed((answer as { jwt?: unknown }).jwt, { exp: undefined }) }),
  ],
  [
    "gives a JWT that ended before it began",
    "sessions",
    "no JWT of a NATS user that ends",
    (answer) => ({ ...answer, jwt: reclaimed((answer as { jwt?: unknown }).jwt, { exp: 1 }) }),
  ],
  [
    "gives words with line ends for a JWT",
    "sessions",
    "no JWT of a NATS user",
    (answer) => ({ ...answer, jwt: "a.b.c\n-----BEGIN USER NKEY SEED-----" }),
  ],
  [
    "gives a giant JWT",
    "sessions",
    "none of its answers",
    (answer) => ({ ...answer, jwt: "a".repeat(9_000) }),
  ],
  [
    "names a NATS that is no URL",
    "sessions",
    "no URL of NATS",
    (answer) => ({ ...answer, nats_urls: ["nats"] }),
  ],
  [
    "names a file as NATS",
    "sessions",
    "no URL of NATS",
    (answer) => ({ ...answer, nats_urls: ["file:///etc/passwd"] }),
  ],
  [
    "names two in one",
    "sessions",
    "no URL of NATS",
    (answer) => ({ ...answer, nats_urls: ["nats://a:1,nats://b:1"] }),
  ],
  [
    "names a NATS with a password",
    "sessions",
    "no URL of NATS",
    (answer) => ({ ...answer, nats_urls: ["nats://a:b@c"] }),
  ],
  ["names no NATS", "sessions", "none of its answers", (answer) => ({ ...answer, nats_urls: [] })],
  [
    "names thousands",
    "sessions",
    "none of its answers",
    (answer) => ({ ...answer, nats_urls: new Array(1_000).fill("nats://a") }),
  ],
  [
    "names a mesh key that is none",
    "sessions",
    "a mesh key that is none",
    (answer) => ({ ...answer, mesh_keys: ["x"] }),
  ],
];

/** What a worker that meets this api ends with; "internal" would be tried again. */
async function endOf(path: string, change: Rogue[3]): Promise<string> {
  rig.api.mangle = (asked, answer) => (asked === path ? change(answer) : answer);
  const worker = rig.worker();
  const seen = new Promise<string>((resolve) => {
    const timer = setInterval(() => {
      const line = worker.log.find((each) => each.includes("not enrolled yet"));
      if (line === undefined) return;
      clearInterval(timer);
      resolve(JSON.parse(line).err.message);
    }, 20);
    void worker.service.exited.then(({ error }) => {
      clearInterval(timer);
      resolve(String(error));
    });
  });
  const message = await seen;
  await worker.service.stop().catch(() => {});
  return message;
}

describe("an api that wants another signature", () => {
  it.each(unsigned)("gets none if it %s", async (_what, path, words, change) => {
    expect(await endOf(path, change)).toContain(words);
    expect(rig.api.taken).toEqual([]);
  });
});

describe("an api that lets in what is not this worker", () => {
  it.each(delegated)("is not believed if it %s", async (_what, path, words, change) => {
    expect(await endOf(path, change)).toContain(words);
  });

  it("is not believed if it gives a JWT that is good for another session", async () => {
    const jwt = await jwtFor(other);
    expect(await endOf("sessions", (answer) => ({ ...answer, jwt }))).toContain("a JWT for another key");
  });
});
