import { base58 } from "@scure/base";
import { type Connection, Keypair, type Transaction } from "@solana/web3.js";
import type { TestChainEndpoint } from "../src/testing.js";
import { connectTo, LlamaChain } from "./llama-chain.js";

let llama: LlamaChain;
let second: TestChainEndpoint;
let secondConnection: Connection;
beforeAll(async () => {
  llama = await LlamaChain.start({ nodes: 2 });
  second = llama.chain.nodes[1] ?? llama.chain.node;
  secondConnection = connectTo(second.rpcUrl);
});
afterAll(() => llama.stop());
afterEach(async () => {
  for (const { controls } of llama.chain.nodes) await controls.clearFaults();
});

const stranger = () => Keypair.generate().publicKey;
const controls = () => llama.chain.controls;

describe("drop", () => {
  it("accepts a transaction that never lands, so often as told; sent again it lands", async () => {
    const to = stranger();
    const payment = await llama.payment(to, 5n);
    await controls().drop({ times: 2 });
    const signature = await llama.send(payment);
    await llama.send(payment);
    expect(await llama.status(signature)).toBeNull();
    await llama.send(payment);
    expect(await llama.held(to)).toBe(5n);
  });

  it("can be meant for transactions by address, memo or signature", async () => {
    const [poor, rich] = [stranger(), stranger()];
    await controls().drop({ match: { address: poor.toBase58() }, times: 10 });
    await controls().drop({ match: { memo: "nothing" } });
    const third = await llama.payment(rich, 4n);
    await controls().drop({ match: { signature: signatureOf(third) } });
    await llama.pay(poor, 1n);
    await llama.pay(rich, 1n, "nothing of this arrives");
    await llama.send(third);
    await llama.pay(rich, 2n);
    expect([await llama.held(poor), await llama.held(rich)]).toEqual([0n, 2n]);
  });

  it("is one node's: through the other one the same bytes land", async () => {
    const to = stranger();
    const payment = await llama.payment(to, 5n);
    await controls().drop({ times: 100 });
    const signature = await llama.send(payment);
    expect(await llama.status(signature, secondConnection)).toBeNull();
    await secondConnection.sendRawTransaction(payment.serialize());
    expect(await llama.status(signature)).toBe("processed");
  });
});

describe("delay", () => {
  it("lets a transaction land so many slots later", async () => {
    const to = stranger();
    await controls().delay({ slots: 5 });
    const signature = await llama.pay(to, 5n);
    await controls().advanceSlots(4);
    expect(await llama.status(signature)).toBeNull();
    await controls().advanceSlots(1);
    expect(await llama.status(signature)).toBe("processed");
    expect(await llama.held(to)).toBe(5n);
  });

  it("beyond the blockhash's life lets it never land", async () => {
    await controls().delay({ slots: 160 });
    const signature = await llama.pay(stranger(), 5n);
    await controls().advanceSlots(200);
    expect(await llama.status(signature)).toBeNull();
  });

  it("does not make it land twice if it was sent again meanwhile", async () => {
    const to = stranger();
    const payment = await llama.payment(to, 5n);
    await controls().delay({ slots: 5 });
    await llama.send(payment);
    await llama.send(payment);
    await controls().advanceSlots(10);
    expect(await llama.held(to)).toBe(5n);
  });
});

describe("fork", () => {
  it("shows a transaction that is gone later, with everything it did", async () => {
    const [to, other] = [stranger(), stranger()];
    const before = await llama.held(llama.treasury.publicKey);
    await controls().fork({ afterSlots: 20, match: { address: to.toBase58() } });
    const signature = await llama.pay(to, 5n);
    const survivor = await llama.pay(other, 7n);
    await controls().advanceSlots(19);
    expect(await llama.status(signature)).toBe("confirmed");
    expect(await llama.held(to)).toBe(5n);
    expect(await llama.connection.getSignaturesForAddress(llama.accountOf(to))).toHaveLength(1);
    await controls().advanceSlots(1);
    expect(await llama.status(signature)).toBeNull();
    expect(await llama.held(to)).toBe(0n);
    expect(await llama.connection.getSignaturesForAddress(llama.accountOf(to))).toEqual([]);
    expect(await llama.status(survivor)).toBe("confirmed");
    expect(await llama.held(other)).toBe(7n);
    expect(before - (await llama.held(llama.treasury.publicKey))).toBe(7n);
    await controls().advanceSlots(100);
    expect(await llama.status(signature)).toBeNull();
  });

  it("can let it land again in another slot, and finalize there", async () => {
    const to = stranger();
    await controls().fork({ afterSlots: 10, relandAfterSlots: 5 });
    const signature = await llama.pay(to, 5n);
    const first = await llama.connection.getSignatureStatus(signature);
    await controls().advanceSlots(10);
    expect(await llama.status(signature)).toBeNull();
    await controls().advanceSlots(5);
    const again = await llama.connection.getSignatureStatus(signature);
    expect((again.value?.slot ?? 0) - (first.value?.slot ?? 0)).toBe(15);
    await controls().advanceSlots(32);
    expect(await llama.status(signature)).toBe("finalized");
    expect(await llama.held(to)).toBe(5n);
  });

  it("takes the blockhashes of the abandoned blocks with it", async () => {
    const processed = await llama.connection.getLatestBlockhash("processed");
    const confirmed = await llama.connection.getLatestBlockhash("confirmed");
    await controls().rollback({ slots: 1 });
    const isValid = async (hash: string) =>
      (await llama.connection.isBlockhashValid(hash, { commitment: "processed" })).value;
    expect([await isValid(processed.blockhash), await isValid(confirmed.blockhash)]).toEqual([false, true]);
  });
});

describe("rollback", () => {
  it("replaces the newest slots now, and says what is gone", async () => {
    const to = stranger();
    await controls().advanceSlots(40);
    const kept = await llama.pay(to, 1n);
    await controls().advanceSlots(3);
    const gone = await llama.pay(to, 2n);
    expect(await controls().rollback({ slots: 2 })).toEqual([gone]);
    expect(await llama.held(to)).toBe(1n);
    expect(await llama.status(kept)).toBe("confirmed");
    await expect(llama.pay(to, 3n)).resolves.toBeDefined();
  });

  it("never goes behind what is final", async () => {
    await expect(controls().rollback({ slots: 33 })).rejects.toThrow("slots");
  });
});

describe("fail", () => {
  it("gives errors instead of answers, of one method or of all", async () => {
    await controls().fail({
      method: "getSlot",
      failure: { kind: "error", code: -32_005, message: "Node is behind" },
    });
    await expect(llama.connection.getSlot()).rejects.toThrow("Node is behind");
    expect(await llama.connection.getSlot()).toBeGreaterThan(0);
    await controls().fail({ failure: { kind: "http", status: 503 } });
    await expect(llama.connection.getVersion()).rejects.toThrow("503");
    expect(await secondConnection.getVersion()).toBeDefined();
  });

  it("can break the connection before or after the call was carried out", async () => {
    const to = stranger();
    const failure = { kind: "disconnect" } as const;
    await controls().fail({ method: "sendTransaction", failure });
    await expect(llama.pay(to, 1n)).rejects.toThrow();
    await controls().fail({ method: "sendTransaction", failure, isDone: true });
    await expect(llama.pay(to, 2n)).rejects.toThrow();
    expect(await llama.held(to)).toBe(2n);
  });

  it("can be late", async () => {
    await controls().fail({ method: "getSlot", failure: { kind: "late", delayMs: 300 } });
    const begin = performance.now();
    expect(await llama.connection.getSlot()).toBeGreaterThan(0);
    expect(performance.now() - begin).toBeGreaterThan(250);
  });
});

describe("hide", () => {
  it("lies that a transaction is not there, for so many answers", async () => {
    const signature = await llama.pay(stranger(), 1n);
    await controls().advanceSlots(32);
    await controls().hide({
      methods: ["getSignatureStatuses", "getTransaction"],
      match: { signature },
      times: 2,
    });
    const options = { maxSupportedTransactionVersion: 0 };
    expect(await llama.status(signature)).toBeNull();
    expect(await llama.connection.getTransaction(signature, options)).toBeNull();
    expect(await llama.connection.getTransaction(signature, options)).not.toBeNull();
    expect(await llama.status(signature)).toBe("finalized");
  });

  it("makes a gap in a list of signatures, behind which the rest is told", async () => {
    const to = stranger();
    const signatures: string[] = [];
    for (const amount of [1n, 2n, 3n]) signatures.push(await llama.pay(to, amount));
    await controls().advanceSlots(2);
    const [oldest, middle, newest] = signatures;
    await controls().hide({ methods: ["getSignaturesForAddress"], match: { signature: middle } });
    const list = async () =>
      (await llama.connection.getSignaturesForAddress(to)).map(({ signature }) => signature);
    expect(await list()).toEqual([newest, oldest]);
    expect(await list()).toEqual([newest, middle, oldest]);
  });
});

describe("lag", () => {
  it("answers as so many slots ago: statuses, lists, balances and heights", async () => {
    const to = stranger();
    const signature = await llama.pay(to, 5n);
    await controls().advanceSlots(40);
    await controls().lag(41);
    expect(await llama.status(signature)).toBeNull();
    expect(await llama.held(to)).toBe(0n);
    expect(await llama.connection.getSignaturesForAddress(llama.accountOf(to))).toEqual([]);
    const [behind, ahead] = [await llama.connection.getSlot(), await secondConnection.getSlot()];
    expect(ahead - behind).toBe(41);
    await controls().lag(20);
    expect(await llama.status(signature)).toBe("confirmed");
    expect(await llama.status(signature, secondConnection)).toBe("finalized");
    await controls().lag(0);
    expect(await llama.status(signature)).toBe("finalized");
    expect(await llama.held(to)).toBe(5n);
  });

  it("reads accounts at each commitment as they were there", async () => {
    const to = stranger();
    const account = llama.accountOf(to);
    await llama.pay(to, 5n);
    await controls().advanceSlots(30);
    await llama.pay(to, 6n);
    await controls().advanceSlots(2);
    const amount = async (commitment: "processed" | "confirmed" | "finalized") =>
      (await llama.connection.getTokenAccountBalance(account, commitment)).value.amount;
    expect([await amount("processed"), await amount("confirmed"), await amount("finalized")]).toEqual([
      ...["11", "11", "5"],
    ]);
  });
});

describe("repeatSignatures", () => {
  it("lists every signature twice, once", async () => {
    const to = stranger();
    const signature = await llama.pay(to, 1n);
    await controls().advanceSlots(2);
    await controls().repeatSignatures();
    const list = async () =>
      (await llama.connection.getSignaturesForAddress(to)).map((entry) => entry.signature);
    expect(await list()).toEqual([signature, signature]);
    expect(await list()).toEqual([signature]);
  });
});

describe("a node", () => {
  it("is honest unless told otherwise, and again after clearFaults", async () => {
    const honest = { lagSlots: 0, send: [], fail: [], hide: [], repeats: 0 };
    expect((await controls().state()).faults).toEqual(honest);
    await controls().drop();
    await controls().lag(3);
    expect((await controls().state()).faults).toMatchObject({
      lagSlots: 3,
      send: [{ kind: "drop", times: 1 }],
    });
    expect((await second.controls.state()).faults).toEqual(honest);
    await controls().clearFaults();
    expect((await controls().state()).faults).toEqual(honest);
  });

  it("refuses controls that make no sense", async () => {
    await expect(controls().advanceSlots(-1)).rejects.toThrow("dev_advanceSlots: Invalid params");
    await expect(controls().delay({ slots: 0 })).rejects.toThrow("Invalid params");
    await expect(controls().lag(10_000)).rejects.toThrow("Invalid params");
  });
});

function signatureOf(transaction: Transaction): string {
  return base58.encode(transaction.signature ?? new Uint8Array());
}
