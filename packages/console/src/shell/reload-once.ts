const KEY = "flock.reloaded-at";
const AGAIN_MS = 60_000;

/**
 * After a deploy an open tab asks for files that are gone. Then the page is loaded anew, once: if that does not help,
 * the error is shown.
 */
export function reloadOnceForNewFiles(): void {
  addEventListener("vite:preloadError", (event) => {
    const last = Number(read() ?? 0);
    if (Date.now() - last < AGAIN_MS || !write(String(Date.now()))) return;
    event.preventDefault();
    location.reload();
  });
}

function read(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    // Storage is switched off: see `write`.
    return null;
  }
}

/** Whether it was kept; where nothing is, a reload could go round for ever. */
function write(value: string): boolean {
  try {
    sessionStorage.setItem(KEY, value);
    return true;
  } catch {
    return false;
  }
}
