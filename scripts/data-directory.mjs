/**
 * `npm run data-directory -- <folder>`: runs a mesh of its own, has everything done in it that leaves something behind
 * (accounts, a key, answers, deposits, a stake, withdrawals, epochs that pay), stops it, and packs its data directory
 * into the folder, with what must be found in it by every later version (expected.json). See CONTRIBUTING.md.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./environment.mjs";
import { setup } from "./setup.mjs";
import { runScript, runStep, StepFailure } from "./step.mjs";

const built = (path) => import(pathToFileURL(join(ROOT, path)).href);

/** The shortest epochs that are legal, and payouts of whatever was earned. */
const PARAMETERS = {
  epochSeconds: 10,
  challengeSeconds: 1,
  unstakeCooldownSeconds: 11,
  payoutMinMicro: "1",
  payoutThresholdMicro: "1000",
  priceUpTo1bPromptMicro: "10",
  priceUpTo1bCompletionMicro: "1000",
};
const VARIABLES = { CHAIN_SLOT_MS: "50", TREASURY_POLL_MS: "200", TREASURY_COLLECT_MS: "200" };

/** A worker, for an epoch that is anchored; and what was unstaked is back. */
const PAID = `
  SELECT p.id FROM treasury.payouts p JOIN treasury.anchors a ON a.told_at IS NOT NULL
   WHERE p.origin = 'earnings' AND p.state = 'posted' AND NOT EXISTS (SELECT FROM ledger.cooldowns)`;
const WALLETS = `
  SELECT code, (posted_credit - posted_debit)::text AS micro FROM ledger.balances WHERE kind = 'wallet' ORDER BY code`;
const LINKS = `
  SELECT position::text, encode(hash, 'hex') AS hash FROM ledger.commit_chain
   WHERE position IN (1, (SELECT max(position) FROM ledger.commit_chain)) ORDER BY position`;
const SETTLEMENTS = "SELECT job_id AS id FROM ledger.settlements ORDER BY job_id";
const PAYOUTS = "SELECT id FROM treasury.payouts WHERE state = 'posted' ORDER BY id";

await runScript(async () => {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new StepFailure("Name the folder: npm run data-directory -- <folder>");
  await setup();
  const { startLocalMesh } = await built("deploy/local/launcher/dist/index.js");
  const { Books, eventually, packDataDirectory } = await built("test/harness/dist/index.js");
  const dataDir = mkdtempSync(join(tmpdir(), "flock-data-"));
  const mesh = await startLocalMesh({
    dataDir,
    args: ["--workers", "1", "--parameters", JSON.stringify(PARAMETERS)],
    serviceVariables: VARIABLES,
  });
  try {
    const apiKey = await use(mesh.state);
    const books = new Books(undefined, mesh.state.databaseUrl);
    await eventually(
      "a worker to be paid and a stake to be released",
      async () => (await books.query(PAID)).length > 0,
      {
        timeoutMs: 120_000,
      },
    );
    // Epochs go on until the mesh stops, but of this nothing changes any more.
    const expected = {
      apiKey,
      wallets: await books.query(WALLETS),
      links: await books.query(LINKS),
      settlements: await books.query(SETTLEMENTS),
      payouts: await books.query(PAYOUTS),
    };
    mkdirSync(resolve(folder), { recursive: true });
    writeFileSync(join(resolve(folder), "expected.json"), `${JSON.stringify(expected, undefined, 2)}\n`);
  } finally {
    await mesh.stop();
  }
  await packDataDirectory(dataDir, resolve(folder));
  rmSync(dataDir, { recursive: true, force: true });
  process.stdout.write(`${folder}\n`);
});

/** Does what an operator, a client and a wallet do. Returns the key of an account that has LLAMA. */
async function use({ dataDir, apiUrl, model }) {
  const flock = (...args) => {
    const hint = "The mesh's log files say more.";
    return runStep(
      `flock ${args.filter((arg) => arg !== "--json")[0]}`,
      "tools/flock/dist/main.js",
      ["--data-dir", dataDir, ...args],
      {
        hint,
      },
    );
  };
  const { apiKey } = JSON.parse(await flock("--json", "keys", "create", "--account", "alice"));
  await flock("fund", "alice", "100");
  for (let answers = 0; answers < 3; answers++) await ask(apiUrl, apiKey, model);
  await flock("deposit", "--send", "5");
  await flock("stake", "2");
  await flock("unstake", "1");
  await flock("withdraw", "1.5", "--wait");
  await ask(apiUrl, apiKey, model);
  return apiKey;
}

async function ask(apiUrl, apiKey, model) {
  const answer = await fetch(`${apiUrl}/api/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ model, prompt: "Once upon a time", stream: false }),
  });
  if (answer.status !== 200)
    throw new StepFailure(`FAILED: a request: ${answer.status} ${await answer.text()}`);
}
