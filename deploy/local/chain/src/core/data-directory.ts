import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { FlockError } from "@flock/errors";
import { z } from "zod";

const genesisSchema = z.object({
  /** Random: what makes this chain's blockhashes its own. */
  salt: z.string(),
  /** Unix time of the first slot in milliseconds. */
  timeMs: z.number(),
});

export type Genesis = z.infer<typeof genesisSchema>;

const snapshotHeadSchema = z.object({ journalBytes: z.number(), sha256: z.string() });

/** The machine's state as of so many bytes of the journal. */
export interface Snapshot {
  readonly journalBytes: number;
  readonly vm: Uint8Array;
}

/** The files of one chain, and the right of one process at a time to use them. */
export class DataDirectory {
  readonly path: string;
  readonly #lock: Server;

  private constructor(path: string, lock: Server) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Creates the directory if need be and takes it.
   * @throws FlockError `failed_precondition` while another process has it.
   */
  static async open(path: string): Promise<DataDirectory> {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return new DataDirectory(path, await takeLock(realpathSync(path)));
  }

  get slotFile(): string {
    return join(this.path, "slot");
  }

  /** The chain's beginning, made up on first use. */
  genesis(nowMs: number): Genesis {
    const file = join(this.path, "genesis.json");
    if (!existsSync(file)) {
      const genesis: Genesis = { salt: randomBytes(16).toString("hex"), timeMs: nowMs };
      replaceFile(file, Buffer.from(`${JSON.stringify(genesis)}\n`));
    }
    return genesisSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  }

  /** Stores a snapshot whole or not at all. */
  writeSnapshot({ journalBytes, vm }: Snapshot): void {
    const head = Buffer.from(`${JSON.stringify({ journalBytes, sha256: sha256(vm) })}\n`);
    replaceFile(this.#snapshotFile, Buffer.concat([head, vm]));
  }

  /** The newest snapshot; undefined when there is none or it is damaged: then the journal has everything. */
  readSnapshot(): Snapshot | undefined {
    if (!existsSync(this.#snapshotFile)) return undefined;
    const bytes = readFileSync(this.#snapshotFile);
    const end = bytes.indexOf(0x0a);
    const vm = bytes.subarray(end + 1);
    try {
      const head = snapshotHeadSchema.parse(JSON.parse(bytes.subarray(0, end).toString("utf8")));
      return head.sha256 === sha256(vm) ? { journalBytes: head.journalBytes, vm } : undefined;
    } catch {
      return undefined; // Not the file that was written: the journal has everything.
    }
  }

  /** Gives the directory up. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#lock.close(() => resolve()));
  }

  get #snapshotFile(): string {
    return join(this.path, "snapshot");
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Has the disk keep which files a directory has. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function replaceFile(file: string, content: Uint8Array): void {
  const draft = `${file}.new`;
  const fd = openSync(draft, "w", 0o600);
  try {
    let written = 0;
    while (written < content.length) written += writeSync(fd, content, written);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
  syncDirectory(dirname(file));
}

/**
 * An abstract socket (unix(7)) named for the directory: the kernel lets one process have it and takes it back when that
 * process dies, however it dies. Linux only, as the machine is.
 */
function takeLock(path: string): Promise<Server> {
  const name = createHash("sha256").update(path).digest("hex");
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (cause) => {
      reject(new FlockError("failed_precondition", `another chain is running on ${path}`, { cause }));
    });
    server.listen({ path: `\0flockollamas-chain-${name}`, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}
