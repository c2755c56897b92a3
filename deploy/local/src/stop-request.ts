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
  if (process.env["npm_lifecycle_event"] !== undefined) watchParent(ask);
}

/** A killed npm cannot pass a signal on; its child is then given to another parent. */
function watchParent(ask: (reason: string) => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ask("npm is gone");
  }, PARENT_POLL_MS);
  timer.unref();
}
