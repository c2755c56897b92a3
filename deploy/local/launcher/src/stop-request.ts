import { commandLine, identifyProcess, isAlive, parentOf } from "@flock/provision";

/** A second request to stop this long after the first means it: `npm` repeats the terminal's signal at once. */
const INSISTING_AFTER_MS = 1_000;
const PARENT_POLL_MS = 1_000;

/**
 * The wish to stop, however it is expressed: SIGINT (Ctrl-C), SIGTERM, SIGHUP (terminal closed), the end of the
 * process that started us over an IPC channel, or the death of the `npm` that ran us.
 * @param insist called when somebody asks again, at least a second later: they do not want to wait.
 */
export function onStopRequest(stop: (reason: string) => void, insist: () => void): void {
  let askedAt: number | undefined;
  const ask = (reason: string) => {
    const now = performance.now();
    if (askedAt === undefined) {
      askedAt = now;
      stop(reason);
    } else if (now - askedAt >= INSISTING_AFTER_MS) insist();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => ask(signal));
  if (process.connected) {
    process.once("disconnect", () => ask("the starting process is gone"));
    process.channel?.unref();
  }
  if (process.env["npm_lifecycle_event"] !== undefined) void watchNpm(ask);
}

/** A killed npm cannot pass a signal on. It runs us through a shell, which may or may not still be between us. */
async function watchNpm(ask: (reason: string) => void): Promise<void> {
  const parent = await identifyProcess(process.ppid);
  if (parent === undefined) return ask("npm is gone");
  const isShell = /^(\S*\/)?\w*sh -c /.test(await commandLine(parent.pid));
  const npm = isShell ? await identifyProcess(await parentOf(parent.pid)) : undefined;
  const watched = [parent, ...(npm === undefined ? [] : [npm])];
  const look = async () => {
    const alive = await Promise.all(watched.map(isAlive));
    if (alive.every(Boolean)) setTimeout(look, PARENT_POLL_MS).unref();
    else ask("npm is gone");
  };
  await look();
}
