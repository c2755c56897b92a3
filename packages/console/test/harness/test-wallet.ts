import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { base58 } from "@scure/base";
import type { BrowserContext } from "playwright-core";

/** What the person at the wallet does when it asks. */
type Manner = "signs" | "declines" | "sleeps";

/** A wallet of the Wallet Standard, whose key stays in the test: nothing of it is in the console. */
export interface TestWallet {
  readonly address: string;
  /** What it was asked to sign, oldest first. */
  readonly asked: readonly string[];
  behave(manner: Manner): void;
  /** The signature over a text, as somebody makes it who signs elsewhere. */
  signElsewhere(text: string): string;
  /** Makes it known to every page of the context. */
  install(context: BrowserContext): Promise<void>;
}

/** @param secretKey As Solana's tools write it, for a wallet that has LLAMA on a chain; default: a fresh one. */
export function testWallet(secretKey?: Uint8Array): TestWallet {
  const privateKey =
    secretKey === undefined ? generateKeyPairSync("ed25519").privateKey : privateKeyOf(secretKey);
  const raw = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32);
  const address = base58.encode(raw);
  const asked: string[] = [];
  let manner: Manner = "signs";
  const signed = async (bytes: number[]): Promise<number[]> => {
    asked.push(Buffer.from(bytes).toString());
    if (manner === "declines") throw new Error("User rejected the request.");
    if (manner === "sleeps") return await new Promise(() => {});
    return [...sign(null, Buffer.from(bytes), privateKey)];
  };
  return {
    address,
    asked,
    behave: (next) => {
      manner = next;
    },
    signElsewhere: (text) => base58.encode(sign(null, Buffer.from(text), privateKey)),
    async install(context) {
      await context.exposeFunction("flockTestSign", signed);
      await context.addInitScript(REGISTER, { address, publicKey: [...raw] });
    },
  };
}

/** The seed, then the public key. */
function privateKeyOf(secretKey: Uint8Array): KeyObject {
  const part = (from: number) => Buffer.from(secretKey.subarray(from, from + 32)).toString("base64url");
  return createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", d: part(0), x: part(32) }, format: "jwk" });
}

/** As the api checks it. */
export function isSignedBy(address: string, text: string, signature: string): boolean {
  const x = Buffer.from(base58.decode(address)).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const bytes = /^[1-9A-HJ-NP-Za-km-z]{80,88}$/.test(signature)
    ? base58.decode(signature)
    : Buffer.from(signature, "base64");
  return verify(null, Buffer.from(text), key, bytes);
}

interface Page {
  flockTestSign(bytes: number[]): Promise<number[]>;
  addEventListener(name: string, listener: (event: { detail: Api }) => void): void;
  dispatchEvent(event: unknown): void;
  readonly CustomEvent: new (name: string, init: { detail: unknown }) => unknown;
}
interface Api {
  register(wallet: unknown): void;
}

/** Runs in the page before its own scripts, and says who is there by both events, whichever comes first. */
function REGISTER({ address, publicKey }: { address: string; publicKey: number[] }): void {
  // CAST: this function runs in a browser, whose globals the test's own types do not have.
  const page = globalThis as unknown as Page;
  const chains = ["solana:mainnet", "solana:devnet", "solana:localnet"];
  const account = { address, publicKey: Uint8Array.from(publicKey), chains, features: [] };
  let accounts: unknown[] = [];
  const signMessage = async ({ message }: { message: Uint8Array }) => ({
    signedMessage: message,
    signature: Uint8Array.from(await page.flockTestSign([...message])),
  });
  const wallet = {
    version: "1.0.0",
    name: "Test wallet",
    icon: "data:image/svg+xml;base64,PHN2Zy8+",
    chains,
    get accounts() {
      return accounts;
    },
    features: {
      "standard:connect": {
        version: "1.0.0",
        connect: async () => {
          accounts = [account];
          return { accounts };
        },
      },
      "solana:signMessage": {
        version: "1.1.0",
        signMessage: (...inputs: { message: Uint8Array }[]) => Promise.all(inputs.map(signMessage)),
      },
    },
  };
  const register = ({ register: add }: Api) => add(wallet);
  page.addEventListener("wallet-standard:app-ready", ({ detail }) => register(detail));
  page.dispatchEvent(new page.CustomEvent("wallet-standard:register-wallet", { detail: register }));
}
