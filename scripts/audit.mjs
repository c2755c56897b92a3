/**
 * `npm run audit`: asks the registry which of the locked packages that users run have known weaknesses, and whether
 * what is installed is what their publishers signed. Fails at an advisory that is high or critical and is not in
 * `audit-allowed.json`, where each has a reason and a day until which it is allowed, and at a wrong signature.
 * Exit code 0: audited, and nothing is wrong. 1: something is. 3: not audited, since the registry did not answer or has
 * no such service: that is no pass.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findings, readReport } from "./advisories.mjs";
import { ROOT, toolEnvironment } from "./environment.mjs";

const EXIT_FINDINGS = 1;
const EXIT_NOT_AUDITED = 3;

/** What npm wrote; it says by its exit code that it has found something, and that it could not ask, alike. */
function npm(...args) {
  const asked = spawnSync("npm", [...args, "--json", "--audit=true", "--fetch-retries=1"], {
    cwd: ROOT,
    env: toolEnvironment(),
    encoding: "utf8",
    maxBuffer: 1e8,
    shell: process.platform === "win32",
  });
  return asked.stdout ?? "";
}

function signatures() {
  try {
    const { invalid } = JSON.parse(npm("audit", "signatures"));
    return Array.isArray(invalid) ? invalid.map(({ name }) => `${name}: its signature is wrong`) : undefined;
  } catch {
    return undefined;
  }
}

const { report, reason } = readReport(npm("audit", "--omit=dev"));
const allowed = JSON.parse(readFileSync(join(ROOT, "audit-allowed.json"), "utf8"));
const today = new Date().toISOString().slice(0, 10);
const unsigned = signatures();
const faults = [...(report === undefined ? [] : findings(report, allowed, today)), ...(unsigned ?? [])];
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.stdout.write(report === undefined ? `not audited: ${reason}\n` : "advisories: audited\n");
process.stdout.write(
  unsigned === undefined ? "not audited: signatures, which could not be had\n" : "signatures: audited\n",
);
if (faults.length > 0) process.exitCode = EXIT_FINDINGS;
else if (report === undefined || unsigned === undefined) process.exitCode = EXIT_NOT_AUDITED;
