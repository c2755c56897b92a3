import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { generateIdentity } from "@flock/keys";
import { receiptMessage } from "@flock/orders";
import { Outcome, Receipt, SignedReceipt } from "@flock/proto/jobs";
import { answer, ScriptedServer } from "./scripted-server.js";

const ROOT = join(import.meta.dirname, "..");
/** Of the client, gzipped. */
const CLIENT_BYTES_MAX = 12_000;
/** Of the client and all that it verifies, which a page loads when it needs it. */
const ALL_BYTES_MAX = 90_000;

/** What a page has, as far as it is used; and nothing of what Node has beside it. */
const PAGE = {
  ...{ AbortController, AbortSignal, Headers, Response, TextDecoder, TextEncoder, URL, URLSearchParams },
  ...{ btoa, clearTimeout, fetch, setTimeout },
};

/** The program as a page loads it: what it assigns to `bundle` is there afterwards. */
async function bundled(program: string): Promise<string> {
  const child = spawn(process.execPath, ["test/bundle.mjs"], { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(program);
  const [code, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (complaints !== "") throw new Error(complaints);
  return code;
}

const EVERYTHING = `
  import * as sdk from "@flockollamas/sdk";
  import * as verify from "@flockollamas/sdk/verify";
  globalThis.bundle = { ...sdk, ...verify };
`;

type Everything = typeof import("@flockollamas/sdk") & typeof import("@flockollamas/sdk/verify");

/** Runs it in a page with that WebCrypto. */
function loaded(code: string, crypto: object | undefined): Everything {
  const page = createContext({ ...PAGE, ...(crypto === undefined ? {} : { crypto }) });
  runInContext(code, page);
  // CAST: the program assigns it.
  return page["bundle"] as Everything;
}

describe("the SDK in a browser", () => {
  let code: string;
  beforeAll(async () => {
    code = await bundled(EVERYTHING);
  });

  it("pulls in no module of Node, and is small", async () => {
    const client = await bundled(
      'import { createFlock } from "@flockollamas/sdk"; globalThis.bundle = createFlock;',
    );
    const sizes = [client, code].map((each) => gzipSync(each, { level: 9 }).length);
    expect(sizes[0]).toBeLessThan(CLIENT_BYTES_MAX);
    expect(sizes[1]).toBeLessThan(ALL_BYTES_MAX);
  });

  it("would not be taken with a module of Node in it", async () => {
    await expect(
      bundled('import { generateIdentity } from "@flock/keys"; generateIdentity();'),
    ).rejects.toThrow("node:crypto");
  });

  it("works with what a page has, and with no global of Node", async () => {
    const server = await ScriptedServer.start();
    const page = loaded(code, globalThis.crypto);
    server.next(answer(200, { id: "x", stake_micro: "9007199254740993", available_micro: "1" }));
    const flock = page.createFlock({ url: server.url });
    expect(await flock.stakes.stake({ amountMicro: 5n })).toMatchObject({ stakeMicro: 9007199254740993n });
    expect(page.verifyEpochProof("{}", { root: "00" })).toMatchObject({ verdict: "refuted" });
    await server.stop();
  });

  it("calls a signature that it cannot check unavailable, and one that it can what it is", async () => {
    const worker = generateIdentity();
    const fields = Receipt.fromPartial({
      ...{ jobId: "j", lease: 1, requesterId: "r", workerId: worker.id, model: "m", modelDigest: "d" },
      ...{ outcome: Outcome.COMPLETED, finishedUnixMs: 1_700_000_000_000, outputSha256: Buffer.alloc(32) },
    });
    const receipt = Receipt.encode(fields).finish();
    const signed = { receipt, signature: worker.sign(receiptMessage(receipt)), signer: worker.id };
    const told = (signedReceipt: SignedReceipt) => ({
      signedReceipt: Buffer.from(SignedReceipt.encode(signedReceipt).finish()).toString("base64"),
      ...{ jobId: "j", lease: 1, requesterId: "r", workerKey: worker.id, model: "m", modelDigest: "d" },
      ...{ promptTokens: 0, completionTokens: 0, resumedTokens: 0, outputSha256: "00".repeat(32) },
      ...{ startedAt: null, firstTokenAt: null, finishedAt: null, payee: null, delegation: null },
      ...{ outcome: "completed", signer: worker.id },
    });
    const forged = { ...signed, signature: signed.signature.map((byte) => byte ^ 1) };
    const withoutEd25519 = {
      subtle: { importKey: () => Promise.reject(new DOMException("no such algorithm", "NotSupportedError")) },
    };
    const verdicts = async (crypto: object | undefined) => {
      const { verifyReceipt } = loaded(code, crypto);
      const found = await Promise.all([signed, forged].map((each) => verifyReceipt(told(each))));
      return found.map(({ verdict }) => verdict);
    };
    expect(await verdicts(globalThis.crypto)).toEqual(["verified", "refuted"]);
    for (const crypto of [undefined, {}, withoutEd25519])
      expect(await verdicts(crypto)).toEqual(["unavailable", "unavailable"]);
  });
});
