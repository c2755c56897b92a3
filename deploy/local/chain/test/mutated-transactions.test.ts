import { jest } from "@jest/globals";
import { createTransferCheckedInstruction } from "@solana/spl-token";
import {
  AddressLookupTableAccount,
  Keypair,
  PublicKey,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import fc from "fast-check";
import { LlamaChain, memoInstruction, transferSol } from "./llama-chain.js";

/** How many mutated transactions; each is simulated and sent. */
const RUNS = Number(process.env["CHAIN_FUZZ_RUNS"] ?? 250);
jest.setTimeout(60_000 + RUNS * 20);

let llama: LlamaChain;
beforeAll(async () => {
  // A process of its own: what would crash the machine must not take the test along.
  llama = await LlamaChain.start({ run: "process" });
});
afterAll(() => llama.stop());

interface RpcAnswer {
  readonly result?: unknown;
  readonly error?: { readonly code: number };
}

async function batch(calls: readonly { method: string; params: readonly unknown[] }[]): Promise<RpcAnswer[]> {
  const body = JSON.stringify(calls.map((call, id) => ({ jsonrpc: "2.0", id, ...call })));
  const headers = { "Content-Type": "application/json", Connection: "close" };
  return (await (await fetch(llama.chain.rpcUrl, { method: "POST", headers, body })).json()) as RpcAnswer[];
}

/** A legacy and a version 0 transaction with lookups, both valid. */
async function originals(): Promise<Buffer[]> {
  const { blockhash } = await llama.connection.getLatestBlockhash();
  const { treasury, treasuryAccount, mint } = llama;
  const message = new TransactionMessage({
    payerKey: treasury.publicKey,
    recentBlockhash: blockhash,
    instructions: [
      createTransferCheckedInstruction(treasuryAccount, mint, treasuryAccount, treasury.publicKey, 1n, 6),
      transferSol(treasury.publicKey, Keypair.generate().publicKey, 1_000_000),
      memoInstruction("memo"),
    ],
  });
  const table = new AddressLookupTableAccount({
    key: PublicKey.unique(),
    state: {
      deactivationSlot: 2n ** 64n - 1n,
      lastExtendedSlot: 0,
      lastExtendedSlotStartIndex: 0,
      addresses: [mint],
    },
  });
  return [message.compileToLegacyMessage(), message.compileToV0Message([table])].map((compiled) => {
    const transaction = new VersionedTransaction(compiled);
    transaction.sign([treasury]);
    return Buffer.from(transaction.serialize());
  });
}

const mutation = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), at: fc.nat(), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant("flip" as const), at: fc.nat(), byte: fc.nat(7) }),
  fc.record({ kind: fc.constant("insert" as const), at: fc.nat(), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant("remove" as const), at: fc.nat(), byte: fc.nat(40) }),
  fc.record({ kind: fc.constant("copy" as const), at: fc.nat(), byte: fc.nat(255) }),
);

function mutate(bytes: Buffer, { kind, at, byte }: { kind: string; at: number; byte: number }): Buffer {
  const index = at % Math.max(1, bytes.length);
  const changed = Buffer.from(bytes);
  switch (kind) {
    case "set":
      changed[index] = byte;
      return changed;
    case "flip":
      changed[index] = (changed[index] ?? 0) ^ (1 << byte);
      return changed;
    case "insert":
      return Buffer.concat([bytes.subarray(0, index), Buffer.from([byte]), bytes.subarray(index)]);
    case "remove":
      return Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + byte)]);
    default:
      bytes.copy(changed, index, byte % bytes.length, (byte % bytes.length) + 32);
      return changed;
  }
}

describe("the chain's process", () => {
  it(`answers ${RUNS} mutated transactions with results or JSON-RPC errors, and lives`, async () => {
    const valid = await originals();
    const answered = new Set<number | "accepted">();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        async (which, mutations) => {
          const bytes = mutations.reduce(mutate, valid[which] ?? Buffer.alloc(0));
          const text = bytes.toString("base64");
          const answers = await batch([
            { method: "simulateTransaction", params: [text, { encoding: "base64" }] },
            {
              method: "simulateTransaction",
              params: [text, { encoding: "base64", replaceRecentBlockhash: true }],
            },
            { method: "getFeeForMessage", params: [bytes.subarray(65).toString("base64")] },
            { method: "sendTransaction", params: [text, { encoding: "base64", skipPreflight: true }] },
          ]);
          expect(answers).toHaveLength(4);
          for (const { error } of answers) answered.add(error?.code ?? "accepted");
        },
      ),
      { numRuns: RUNS },
    );
    expect(answered).toEqual(new Set([-32602, "accepted"]));
    expect(await llama.held(llama.treasury.publicKey)).toBe(10n ** 17n);
  });

  it("answers random bytes too", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        const [answer] = await batch([
          { method: "sendTransaction", params: [text, { encoding: "base64", skipPreflight: true }] },
        ]);
        expect(answer?.error?.code ?? -32602).toBe(-32602);
      }),
      { numRuns: RUNS },
    );
  });
});
