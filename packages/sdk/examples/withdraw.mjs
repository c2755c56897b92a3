// LLAMA to a wallet, by a text that the account's wallet signs: no session and no key can do that.
//   FLOCK_URL=http://127.0.0.1:11435 node withdraw.mjs wallet.json 1.5 <address>
// wallet.json is a key file as solana-keygen writes it. In a browser the wallet itself signs the text.
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createFlock, FlockApiError, newRequestId, parseLlama } from "@flockollamas/sdk";
import { base58 } from "@scure/base";

const { FLOCK_URL: url = "http://127.0.0.1:11435" } = process.env;
const [file, llama, to] = process.argv.slice(2);

const bytes = Uint8Array.from(JSON.parse(readFileSync(file, "utf8")));
const [d, x] = [bytes.slice(0, 32), bytes.slice(32)].map((half) => Buffer.from(half).toString("base64url"));
const key = createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", d, x }, format: "jwk" });
const account = base58.encode(bytes.slice(32));

const flock = createFlock({ url });
const text = await flock.texts.withdrawal({
  account,
  amountMicro: parseLlama(llama),
  to,
  id: newRequestId(),
});
console.log(text);
try {
  // Hand in the very same text again if no answer comes: it is paid once.
  const withdrawal = await flock.withdrawals.create({ text, signature: sign(null, Buffer.from(text), key) });
  console.log(`\n${llama} LLAMA: ${withdrawal?.state ?? "taken"}`);
} catch (error) {
  if (!(error instanceof FlockApiError)) throw error;
  console.log(`\nrefused (${error.code}): ${error.message}`);
  process.exitCode = 1;
}
