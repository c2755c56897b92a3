import { existsSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { FlockError } from "@flock/errors";
import type { Answer, Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { placesOf } from "../places/places.js";
import { passedThrough } from "../programs.js";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

interface UpOptions {
  /** False: it was said. */
  readonly chain: boolean;
  readonly fresh?: boolean;
  readonly workers?: string;
}

/** `flock up`: what `npm start` does. */
export function up(call: Call<UpOptions>): Promise<Answer | undefined> {
  const { args, options } = call;
  const own = [
    ...["--data-dir", resolve(options.dataDir)],
    ...(options.chain ? [] : ["--no-chain"]),
    ...(options.fresh === true ? ["--fresh"] : []),
    ...(options.workers === undefined ? [] : ["--workers", options.workers]),
  ];
  return script(call, "start", [...own, ...args], (line) => {
    const [, url] = /^READY (\S+)/.exec(line) ?? [];
    return url === undefined ? undefined : { api_url: url };
  });
}

/** `flock bench`: what `npm run bench` does. */
export function bench(call: Call): Promise<Answer | undefined> {
  const [processor] = cpus();
  const gibibytes = (totalmem() / 2 ** 30).toFixed(1);
  const machine = `${cpus().length} × ${processor?.model ?? "?"}, ${gibibytes} GiB, ${process.platform}, Node ${process.versions.node}`;
  const command = ["npm run bench", ...(call.args.length === 0 ? [] : ["--", ...call.args])].join(" ");
  call.report.event("machine", { machine, command });
  call.report.note(`machine  ${machine}\nagain    ${command}\n\n`);
  return script(call, "bench", call.args);
}

/** A script of the checkout that this command is in, as npm runs it. */
function script(
  call: Call,
  name: string,
  args: readonly string[],
  read?: (line: string) => object | undefined,
): Promise<Answer | undefined> {
  const runner = join(ROOT, "scripts/run.cjs");
  if (!existsSync(runner))
    throw new FlockError(
      "failed_precondition",
      `flock ${name} needs a checkout of FlockOllamas, and ${ROOT} is none`,
    );
  const speed = name === "bench" ? ["--max-semi-space-size=32", "--heap-growing-percent=400"] : [];
  return ended(call, [...speed, runner, name, ...args], read);
}

/** `flock worker start`: flock-worker, for the network of the options, the environment or the context. */
export async function startWorker(call: Call): Promise<Answer | undefined> {
  const { apiUrl, context } = await placesOf(call);
  const isNamed = call.args.some(
    (word) => word === "--api" || word.startsWith("--api=") || word === "--help",
  );
  if (apiUrl === undefined && !isNamed)
    throw new Fault("usage", "which network? name its API with --api-url or FLOCK_API_URL", {
      advice: "flock context set gives it a name",
    });
  if (apiUrl !== undefined && !isNamed)
    call.report.note(
      `for ${apiUrl.value}, from ${apiUrl.from}${context === undefined ? "" : ` (${context.value})`}\n`,
    );
  const api = isNamed || apiUrl === undefined ? [] : ["--api", apiUrl.value];
  return ended(call, [workerProgram(), ...api, ...call.args]);
}

/** Where flock-worker's own command is. */
export function workerProgram(): string {
  return join(ROOT, "services/worker/dist/cli/main.js");
}

async function ended(
  call: Call,
  args: readonly string[],
  read?: (line: string) => object | undefined,
): Promise<Answer | undefined> {
  const { report, surroundings } = call;
  const line = (text: string) => {
    const known = read?.(text);
    if (known !== undefined) report.event("ready", known);
    else report.event("line", { text });
  };
  const exitCode = await passedThrough(
    process.execPath,
    args,
    surroundings,
    report.isJson ? line : undefined,
  );
  return { json: { type: "result", exit_code: exitCode }, text: "", exitCode };
}
