// Follows the receipt of a job to the wallet behind it, and believes nobody on the way.
//   FLOCK_URL=http://127.0.0.1:11435 FLOCK_TOKEN=flk_… node verify-receipt.mjs <job>
import { createFlock } from "@flockollamas/sdk";
import { verifyReceipt } from "@flockollamas/sdk/verify";

const { FLOCK_URL: url = "http://127.0.0.1:11435", FLOCK_TOKEN: token } = process.env;
const flock = createFlock({ url, token });

const result = await verifyReceipt(await flock.jobs.receipt(process.argv[2]));
if (result.verdict === "verified") {
  const { worker, signer, model, completionTokens, payout } = result.facts;
  console.log(`verified: ${completionTokens} tokens of ${model} by ${worker}`);
  console.log(`signed by ${signer}; ${payout} is paid`);
} else {
  // "unavailable": it could not be checked here. That is no pass.
  console.log(`${result.verdict}: ${result.why}`);
  process.exitCode = 1;
}
