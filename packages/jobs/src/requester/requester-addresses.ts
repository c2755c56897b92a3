import { randomInt } from "node:crypto";

/** An address is used for new jobs for so long: some random time between these. */
export const ADDRESS_USE_MS = { min: 120_000, max: 240_000 } as const;
/** Most that are listened on at once; while all have jobs, none is drawn. */
export const ADDRESSES_MAX = 4;
/** After its last job: for what a worker still says of a lease that was lost. */
const LINGER_MS = 10_000;
const ALIVE_INTERVAL_MS = 1_000;

/** The form of a NATS unique id, but all of it random: ids that one process makes have a beginning in common. */
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH = 22;

/** A new name that nobody can connect with any other. */
export function randomName(): string {
  return Array.from({ length: LENGTH }, () => DIGITS[randomInt(DIGITS.length)]).join("");
}

interface Address {
  readonly name: string;
  /** Of the moment when it is next said that it is alive; each address has a second of its own. */
  aliveAtMs: number;
  jobs: number;
  idleSinceMs: number;
  close: () => void;
}

/**
 * Under which names workers know a requester: in tickets, subjects and receipts. They change, so that nobody who works
 * for a requester today knows it tomorrow, or can tell the one that verifies from those that serve clients. A job keeps
 * the address that it began with, which is listened on as long as it has jobs.
 */
export class RequesterAddresses {
  readonly #listen: (name: string) => () => void;
  #isOpen = false;
  /** The one drawn last is the last. */
  #live: Address[] = [];
  #current: Address;
  #nextDrawMs: number;

  /** @param listen begins to hear workers at an address; returns how to end that */
  constructor(listen: (name: string) => () => void, nowMs: number) {
    this.#listen = listen;
    this.#current = this.#draw(nowMs);
    this.#nextDrawMs = nextDrawMs(nowMs);
  }

  get names(): string[] {
    return this.#live.map(({ name }) => name);
  }

  /** Begins to listen; returns how to stop. */
  open(): () => void {
    this.#isOpen = true;
    for (const address of this.#live) address.close = this.#listen(address.name);
    return () => {
      for (const { close } of this.#live) close();
    };
  }

  /** The address of a new job, until it is given back. */
  take(): string {
    this.#current.jobs += 1;
    return this.#current.name;
  }

  /** The job with that address has ended. */
  giveBack(name: string, nowMs: number): void {
    const address = this.#live.find((one) => one.name === name);
    if (address === undefined) return;
    address.jobs -= 1;
    address.idleSinceMs = nowMs;
  }

  /** Changes the address for new jobs when it is time, and gives up old ones. */
  tick(nowMs: number): void {
    // One tick later than it was drawn: by now NATS knows that it is listened on.
    this.#current = this.#live.at(-1) ?? this.#current;
    for (const address of this.#live) {
      if (address === this.#current || address.jobs > 0 || nowMs - address.idleSinceMs < LINGER_MS) continue;
      address.close();
      this.#live = this.#live.filter((one) => one !== address);
    }
    if (nowMs < this.#nextDrawMs || this.#live.length >= ADDRESSES_MAX) return;
    this.#nextDrawMs = nextDrawMs(nowMs);
    this.#draw(nowMs);
  }

  /** Those whose workers are to hear now that their requester lives: each once in a second. */
  dueAlive(nowMs: number): ReadonlySet<string> {
    const due = this.#live.filter(({ aliveAtMs }) => nowMs >= aliveAtMs);
    for (const address of due) address.aliveAtMs = nowMs + ALIVE_INTERVAL_MS;
    return new Set(due.map(({ name }) => name));
  }

  #draw(nowMs: number): Address {
    const name = randomName();
    const address: Address = {
      name,
      aliveAtMs: nowMs + randomInt(ALIVE_INTERVAL_MS),
      jobs: 0,
      idleSinceMs: nowMs,
      close: this.#isOpen ? this.#listen(name) : () => {},
    };
    this.#live.push(address);
    return address;
  }
}

function nextDrawMs(nowMs: number): number {
  return nowMs + randomInt(ADDRESS_USE_MS.min, ADDRESS_USE_MS.max + 1);
}
