import { z } from "zod";
import type { AccountImage } from "../vm/vm.js";
import { addressBytes, addressText } from "./address.js";

/** An account in the journal: lamports, owner (base58), data (base64), executable, rent epoch; null: there is none. */
export const storedAccountSchema = z
  .tuple([z.string(), z.string(), z.string(), z.boolean(), z.string()])
  .nullable();

export type StoredAccount = z.infer<typeof storedAccountSchema>;

export function storeAccount(image: AccountImage | null): StoredAccount {
  if (image === null) return null;
  return [
    String(image.lamports),
    addressText(image.owner),
    Buffer.from(image.data).toString("base64"),
    image.executable,
    String(image.rentEpoch),
  ];
}

export function restoreAccount(stored: StoredAccount): AccountImage | null {
  if (stored === null) return null;
  const [lamports, owner, data, executable, rentEpoch] = stored;
  return {
    lamports: BigInt(lamports),
    owner: addressBytes(owner),
    data: Buffer.from(data, "base64"),
    executable,
    rentEpoch: BigInt(rentEpoch),
  };
}

/** Whether two images are the same account in the same state. */
export function isSameAccount(a: AccountImage | null, b: AccountImage | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.lamports === b.lamports &&
    a.executable === b.executable &&
    Buffer.compare(a.owner, b.owner) === 0 &&
    Buffer.compare(a.data, b.data) === 0
  );
}
