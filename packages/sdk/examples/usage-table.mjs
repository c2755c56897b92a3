// What each key of the account has used of each model in the last thirty days.
//   FLOCK_URL=http://127.0.0.1:11435 FLOCK_TOKEN=flk_… node usage-table.mjs
import { createFlock, formatLlama, microLlama } from "@flockollamas/sdk";

const { FLOCK_URL: url = "http://127.0.0.1:11435", FLOCK_TOKEN: token } = process.env;
const flock = createFlock({ url, token });

const { from, to, usage } = await flock.usage.get({ by: ["key", "model"] });
console.log(`${from} to ${to}`);
console.log(["key", "model", "requests", "tokens", "LLAMA"].join("\t"));
for (const { keyId, model, requests, promptTokens, completionTokens, chargeMicro } of usage)
  console.log([keyId, model, requests, promptTokens + completionTokens, formatLlama(chargeMicro)].join("\t"));

// Amounts are bigints: sums are exact.
const sum = usage.reduce((total, { chargeMicro }) => total + chargeMicro, 0n);
console.log(`in all ${formatLlama(microLlama(sum))} LLAMA`);
