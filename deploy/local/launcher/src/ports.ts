import { readFile, writeFile } from "node:fs/promises";
import { FlockError } from "@flock/errors";
import { freePort, isPortFree, reservePort } from "@flock/provision";
import { portHolder } from "./port-holder.js";

/** The parts whose address somebody outside may want to know. */
export type PortName = "api" | "grpc" | "nats" | "postgres" | "engine" | "bridge" | "chain" | "chain2";

export type Ports = Readonly<Record<PortName, number>>;

/**
 * Taken when free, so that the addresses are the expected ones. The engine leaves 11434 to a real Ollama, the chain
 * 8899 to a validator of Solana's own.
 */
const PREFERRED: Ports = {
  api: 11_435,
  grpc: 50_051,
  nats: 4_222,
  postgres: 15_432,
  engine: 11_436,
  bridge: 11_437,
  chain: 18_899,
  chain2: 18_901,
};

/** Solana's clients expect the websocket on the port behind that of the RPC. */
const SPAN: Partial<Readonly<Record<PortName, number>>> = { chain: 2, chain2: 2 };

const NAMES = Object.keys(PREFERRED) as PortName[];

/**
 * A port for each part: the one asked for; else the one it had on this data directory the last time; else the
 * preferred one; else any free one. What is chosen is reserved against other meshes and remembered.
 * @param file where the choice is remembered.
 * @throws FlockError `failed_precondition` naming a port that was asked for and is taken, and by whom;
 * `invalid_argument` naming both options that ask for the same one.
 */
export async function choosePorts(asked: Partial<Ports>, file: string): Promise<Ports> {
  const previous = await readPorts(file);
  const chosen: Partial<Record<PortName, number>> = {};
  refuseTwoOnOne(asked);
  // Those asked for first, so that a free choice does not take them.
  for (const name of NAMES) {
    const port = asked[name];
    if (port === undefined) continue;
    for (const each of spanOf(name, port)) if (!(await isPortFree(each))) throw await taken(name, each);
    chosen[name] = port;
  }
  for (const name of NAMES) {
    const used = NAMES.flatMap((other) => spanOf(other, chosen[other]));
    chosen[name] ??= await firstFree(name, [previous[name], PREFERRED[name]], used);
  }
  // CAST: every name has been given a port above.
  const ports = chosen as Ports;
  await writeFile(file, `${JSON.stringify(ports)}\n`);
  return ports;
}

/** The ports that a part with this one takes. */
function spanOf(name: PortName, port: number | undefined): number[] {
  return port === undefined ? [] : Array.from({ length: SPAN[name] ?? 1 }, (_, offset) => port + offset);
}

async function firstFree(
  name: PortName,
  candidates: readonly (number | undefined)[],
  used: readonly number[],
): Promise<number> {
  for (const port of candidates) if (port !== undefined && (await isReserved(name, port, used))) return port;
  for (;;) {
    const port = await freePort();
    const [, ...rest] = spanOf(name, port);
    const isWhole = (await Promise.all(rest.map((each) => !used.includes(each) && reservePort(each)))).every(
      Boolean,
    );
    if (isWhole) return port;
  }
}

async function isReserved(name: PortName, port: number, used: readonly number[]): Promise<boolean> {
  for (const each of spanOf(name, port)) {
    if (used.includes(each) || !(await reservePort(each))) return false;
  }
  return true;
}

async function readPorts(file: string): Promise<Partial<Ports>> {
  try {
    // CAST: written by us; a wrong value is refused when it is tried.
    return JSON.parse(await readFile(file, "utf8")) as Partial<Ports>;
  } catch {
    return {}; // The first start, or a damaged file: the choice is made anew.
  }
}

/** @throws FlockError `invalid_argument` naming both parts that were given one port. */
function refuseTwoOnOne(asked: Partial<Ports>): void {
  const owners = new Map<number, string>();
  for (const name of NAMES) {
    for (const port of spanOf(name, asked[name])) {
      const option = `--${name}-port ${asked[name]}${port === asked[name] ? "" : ", which takes the next port as well"}`;
      const other = owners.get(port);
      if (other !== undefined) {
        throw new FlockError(
          "invalid_argument",
          `port ${port} is given to two parts: ${other}, and ${option}. Give each its own, or leave an option out to get a free one.`,
        );
      }
      owners.set(port, option);
    }
  }
}

async function taken(name: PortName, port: number): Promise<FlockError> {
  const holder = await portHolder(port);
  return new FlockError(
    "failed_precondition",
    `port ${port} (--${name}-port) is already in use on 127.0.0.1${holder === undefined ? "" : ` by ${holder}`}. Stop what uses it, choose another port, or leave the option out to get a free one.`,
  );
}
