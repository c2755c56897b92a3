// A chat with Ollama's own client, and what it cost, which that client cannot ask for.
//   FLOCK_URL=http://127.0.0.1:11435 FLOCK_TOKEN=flk_… node chat.mjs flock-tiny "Tell me a story about a llama."
import { createFlock, formatLlama } from "@flockollamas/sdk";
import { Ollama } from "ollama";

const { FLOCK_URL: url = "http://127.0.0.1:11435", FLOCK_TOKEN: token } = process.env;
const [model = "flock-tiny", prompt = "Tell me a story about a llama."] = process.argv.slice(2);

const ollama = new Ollama({ host: url, headers: { Authorization: `Bearer ${token}` } });
const answer = await ollama.chat({ model, messages: [{ role: "user", content: prompt }], stream: true });
let jobId;
for await (const part of answer) {
  process.stdout.write(part.message.content);
  // The last line of a stream tells the story of the job.
  if (part.done) jobId = part.flock.job_id;
}

const flock = createFlock({ url, token });
const job = await flock.jobs.get(jobId);
const { wallet } = await flock.account.get();
console.log(`\n\n${job.completionTokens} tokens by ${job.workers.join(", ")} in ${job.timingMs.total} ms`);
console.log(`${formatLlama(job.chargeMicro)} LLAMA of ${formatLlama(wallet.availableMicro)}`);
