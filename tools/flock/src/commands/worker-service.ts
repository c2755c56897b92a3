import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FlockError } from "@flock/errors";
import type { Answer, Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { placesOf } from "../places/places.js";
import { userFolders } from "../places/user-folders.js";
import { captured } from "../programs.js";
import { launchAgent, systemdUnit } from "../worker-units.js";
import { workerProgram } from "./up.js";

const NAME = "flock-worker";
const LABEL = "org.flockollamas.worker";

interface Order {
  readonly program: string;
  readonly args: readonly string[];
}

/** What looks after services of a user on this machine. */
interface Manager {
  readonly file: string;
  readonly text: (command: readonly string[]) => string;
  readonly start: readonly Order[];
  readonly stop: readonly Order[];
  readonly logs: (lines: number) => Order;
}

/** `flock worker install` */
export async function installWorker(
  call: Call<{ readonly slots?: string; readonly payout?: string; readonly dryRun?: boolean }>,
): Promise<Answer> {
  const { options, report, surroundings } = call;
  const { apiUrl } = await placesOf(call);
  if (apiUrl === undefined)
    throw new Fault("usage", "for which network? name its API with --api-url or FLOCK_API_URL");
  const manager = await managerOf(call);
  const text = manager.text([
    ...[process.execPath, workerProgram(), "--api", apiUrl.value],
    ...(options.slots === undefined ? [] : ["--slots", options.slots]),
    ...(options.payout === undefined ? [] : ["--payout", options.payout]),
  ]);
  const commands = manager.start.map(lineOf);
  const shown = `${manager.file}\n\n${text}\n${commands.map((line) => `$ ${line}\n`).join("")}`;
  const json = { file: manager.file, text, commands };
  if (options.dryRun === true)
    return { json: { dry_run: true, ...json }, text: shown, note: "nothing was written\n" };
  await mkdir(dirname(manager.file), { recursive: true });
  await writeFile(manager.file, text);
  report.state = `${manager.file} was written, and the worker perhaps not started`;
  for (const order of manager.start) await done(order, surroundings);
  return {
    json,
    text: shown,
    note: "the worker runs; flock worker status asks it, flock worker logs shows its log\n",
  };
}

/** `flock worker uninstall` */
export async function uninstallWorker(call: Call<{ readonly dryRun?: boolean }>): Promise<Answer> {
  const { options, surroundings } = call;
  const manager = await managerOf(call);
  const isThere = await readFile(manager.file).then(
    () => true,
    () => false,
  );
  if (!isThere) throw new FlockError("not_found", `no worker is installed: there is no ${manager.file}`);
  const commands = manager.stop.map(lineOf);
  const json = { file: manager.file, commands };
  const shown = `${commands.map((line) => `$ ${line}\n`).join("")}removes ${manager.file}\n`;
  if (options.dryRun === true)
    return { json: { dry_run: true, ...json }, text: shown, note: "nothing was removed\n" };
  for (const order of manager.stop) await done(order, surroundings);
  await rm(manager.file, { force: true });
  return { json, text: shown, note: "the wallet stays where it is: what it has earned still vests\n" };
}

/** `flock worker logs` */
export async function showLogs(call: Call<{ readonly lines: string }>): Promise<Answer> {
  const lines = Number(call.options.lines);
  if (!Number.isInteger(lines) || lines < 1 || lines > 100_000)
    throw new FlockError(
      "invalid_argument",
      `--lines ${call.options.lines}: a number from 1 to 100000 is needed`,
    );
  const { program, args } = (await managerOf(call)).logs(lines);
  const { code, stdout, stderr } = await captured(program, args, call.surroundings);
  if (code !== 0)
    throw new FlockError("failed_precondition", `${program}: ${stderr.trim() || "it cannot be run"}`);
  return { json: { lines: stdout.split("\n").filter((line) => line !== "") }, text: stdout };
}

async function managerOf({ surroundings }: Call): Promise<Manager> {
  const { environment } = surroundings;
  const home = environment["HOME"];
  if (home !== undefined && process.platform === "darwin") return launchd(home);
  const asked = await captured("systemctl", ["--user", "show-environment"], surroundings);
  if (home !== undefined && asked.code === 0) return systemd(userFolders(environment).config);
  throw new FlockError(
    "failed_precondition",
    "neither systemd nor launchd looks after your services here: run flock worker start in their place",
  );
}

function systemd(configHome: string): Manager {
  const file = join(configHome, "systemd/user", `${NAME}.service`);
  const systemctl = (...args: string[]): Order => ({ program: "systemctl", args: ["--user", ...args] });
  return {
    file,
    text: systemdUnit,
    start: [systemctl("daemon-reload"), systemctl("enable", NAME), systemctl("restart", NAME)],
    stop: [systemctl("disable", "--now", NAME)],
    logs: (lines) => ({
      program: "journalctl",
      args: ["--user", "--unit", NAME, "--lines", String(lines), "--no-pager", "--output", "cat"],
    }),
  };
}

function launchd(home: string): Manager {
  const file = join(home, "Library/LaunchAgents", `${LABEL}.plist`);
  const log = join(home, "Library/Logs", `${NAME}.log`);
  const launchctl = (...args: string[]): Order => ({ program: "launchctl", args });
  return {
    file,
    text: (command) => launchAgent(LABEL, command, log),
    start: [launchctl("unload", file), launchctl("load", "-w", file)],
    stop: [launchctl("unload", "-w", file)],
    logs: (lines) => ({ program: "tail", args: ["-n", String(lines), log] }),
  };
}

async function done({ program, args }: Order, surroundings: Call["surroundings"]): Promise<void> {
  const { code, stderr } = await captured(program, args, surroundings, 60_000);
  if (code === 0) return;
  throw new FlockError(
    "failed_precondition",
    `${lineOf({ program, args })}: ${stderr.trim() || "it cannot be run"}`,
  );
}

function lineOf({ program, args }: Order): string {
  return [program, ...args].join(" ");
}
