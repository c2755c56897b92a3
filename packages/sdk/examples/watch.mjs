// The network, second by second, for as long as you look (or for so many seconds). A lost connection is opened again.
//   FLOCK_URL=http://127.0.0.1:11435 node watch.mjs [seconds]
import { createFlock } from "@flockollamas/sdk";

const { FLOCK_URL: url = "http://127.0.0.1:11435" } = process.env;
const seconds = Number(process.argv[2] ?? Number.POSITIVE_INFINITY);
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

let seen = 0;
for await (const { at, totals } of createFlock({ url }).live({ signal: stop.signal })) {
  console.log(
    `${at}  ${totals.busy}/${totals.slots} slots  ${totals.waiting} waiting  ${totals.tokens} tokens`,
  );
  seen += 1;
  if (seen >= seconds) break;
}
