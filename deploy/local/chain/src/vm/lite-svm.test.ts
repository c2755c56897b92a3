import { Keypair, SystemProgram, Transaction } from "@solana/web3.js";
import { loadLiteSvm } from "./lite-svm.js";
import type { Vm } from "./vm.js";

const NOBODY = new Uint8Array(32);

function withMoney(vm: Vm, lamports: bigint): Keypair {
  const wallet = Keypair.generate();
  const empty = { data: new Uint8Array(), owner: NOBODY, executable: false, rentEpoch: 0n };
  vm.setAccount(wallet.publicKey.toBytes(), { ...empty, lamports });
  return wallet;
}

function transfer(from: Keypair, to: Keypair, lamports: number): Uint8Array {
  const options = { feePayer: from.publicKey, blockhash: Keypair.generate().publicKey.toBase58() };
  const transaction = new Transaction({ ...options, lastValidBlockHeight: 0 });
  transaction.add(SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to.publicKey, lamports }));
  transaction.sign(from);
  return transaction.serialize();
}

describe("the machine", () => {
  it("executes, simulates without effect, and goes on from a snapshot as it was", () => {
    const vm = loadLiteSvm();
    const [from, to] = [withMoney(vm, 10n ** 10n), Keypair.generate()];
    const wire = transfer(from, to, 1_000_000_000);
    expect(vm.simulate(wire, true)).toMatchObject({ error: null });
    expect(vm.lamports(to.publicKey.toBytes())).toBe(0n);
    expect(vm.execute(wire)).toMatchObject({ error: null, unitsConsumed: 150n });
    const again = loadLiteSvm(vm.snapshot());
    expect(again.account(to.publicKey.toBytes())).toMatchObject({ lamports: 10n ** 9n });
    expect(again.lamports(from.publicKey.toBytes())).toBe(10n ** 10n - 10n ** 9n - 5_000n);
  });

  it("forgets an account that is set to nothing", () => {
    const vm = loadLiteSvm();
    const wallet = withMoney(vm, 5n);
    vm.setAccount(wallet.publicKey.toBytes(), null);
    expect(vm.account(wallet.publicKey.toBytes())).toBeNull();
  });

  it("says what can be done where its native part is not installed", () => {
    const load = () => loadLiteSvm(undefined, "litesvm-some-other-platform");
    expect(load).toThrow(/needs the package litesvm-some-other-platform, which is not installed/);
    expect(load).toThrow(/Linux x64 container, or set SOLANA_RPC_URL/);
  });

  it("refuses a snapshot that is none", () => {
    expect(() => loadLiteSvm(new Uint8Array(1_000))).toThrow("the machine's snapshot cannot be read");
  });
});
