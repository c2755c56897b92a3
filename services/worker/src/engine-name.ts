import { listingClient } from "@flock/runner";

/** `name/version`, within what a router takes (64 characters, in lower case). */
const ENGINE = /^[a-z0-9][a-z0-9-]{0,23}\/[0-9a-z.+_-]{1,39}$/;

/**
 * The engine at `host` by name and version, such as `ollama/0.33.1`: what its `/api/version` says. The embedded engine
 * has a name of its own there (`engine`), and no Ollama does. Empty: it says nothing that is one. Rejects if it cannot
 * be asked.
 */
export async function engineName(host: string): Promise<string> {
  const answer: { readonly version?: unknown; readonly engine?: unknown } =
    await listingClient(host).version();
  const name = typeof answer.engine === "string" ? answer.engine : `ollama/${String(answer.version)}`;
  const engine = name.slice(0, 100).toLowerCase();
  return ENGINE.test(engine) ? engine : "";
}
