import { connect } from "node:net";
import { FlockError } from "@flock/errors";
import type { ShellSettings } from "./shell-settings.js";

const CONNECT_TIMEOUT_MS = 3_000;

interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Makes sure that somebody listens where `NATS_URL` and `DATABASE_URL` say: found out now, by name, and not by a part
 * that waits for a minute.
 * @throws FlockError `unavailable` naming the variable.
 */
export async function requireOwnServers({ natsUrl, databaseUrl }: ShellSettings): Promise<void> {
  await Promise.all([
    natsUrl === undefined ? undefined : requireOne("NATS_URL", "NATS", natsUrl.split(","), 4_222),
    databaseUrl === undefined ? undefined : requireOne("DATABASE_URL", "PostgreSQL", [databaseUrl], 5_432),
  ]);
}

/** One of several is enough. An entry that is no address of a host (a socket in a directory) is not looked at. */
async function requireOne(
  variable: string,
  what: string,
  urls: readonly string[],
  defaultPort: number,
): Promise<void> {
  const addresses = urls.map((url) => addressOf(url.trim(), defaultPort));
  const known = addresses.filter((address) => address !== undefined);
  if (known.length < addresses.length) return;
  const failures = await Promise.all(known.map(failureOf));
  if (failures.includes(undefined)) return;
  const tried = known.map(({ host, port }, index) => `${host}:${port} (${failures[index]})`).join(", ");
  throw new FlockError(
    "unavailable",
    `${variable} is set, and no ${what} listens at ${tried}. Start it, or unset ${variable} to have one started here.`,
  );
}

function addressOf(url: string, defaultPort: number): Address | undefined {
  const text = /^[a-z]+:\/\//i.test(url) ? url : `nats://${url}`;
  if (!URL.canParse(text)) return undefined;
  const { hostname, port, searchParams } = new URL(text);
  if (hostname === "" || searchParams.has("host")) return undefined;
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port) || defaultPort };
}

/** Why nobody can be reached there; undefined: somebody can. */
function failureOf({ host, port }: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (failure: string | undefined) => {
      socket.destroy();
      resolve(failure);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => end("no answer"));
    socket.once("connect", () => end(undefined));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
