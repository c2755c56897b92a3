import { access, constants, stat, statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import { contextsFile } from "../places/contexts.js";
import { captured } from "../programs.js";
import { away, type Check, type Finding, ok } from "./check.js";
import { greetingAt } from "./reach.js";

const GIB = 2 ** 30;
const DISK_GIB_MIN = 1;
const MEMORY_GIB_MIN = 2;
/** As package.json asks for it. */
const NODE_MIN = [20, 19] as const;
const PORTS: Readonly<Record<string, number>> = { api: 11_435, nats: 4_222, postgres: 15_432 };

const node: Check = {
  name: "Node",
  look: async () => {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]))
      return ok(process.versions.node);
    return {
      state: "failed",
      found: process.versions.node,
      means: `FlockOllamas needs ${NODE_MIN.join(".")} or newer`,
      fix: "install a current Node: https://nodejs.org",
    };
  },
};

const disk: Check = {
  name: "disk",
  look: async ({ call }) => {
    const folder = await existing(resolve(call.options.dataDir));
    const { bavail, bsize } = await statfs(folder);
    const free = `${((bavail * bsize) / GIB).toFixed(1)} GiB free at ${folder}`;
    const isWritable = await access(folder, constants.W_OK).then(
      () => true,
      () => false,
    );
    if (!isWritable)
      return {
        state: "failed",
        found: `${folder} is not yours`,
        means: "a mesh cannot keep its data there",
        fix: "flock up --data-dir <directory>",
      };
    if (bavail * bsize >= DISK_GIB_MIN * GIB) return ok(free);
    return {
      state: "warning",
      found: free,
      means: "a mesh needs about 1 GiB",
      fix: "make room, or use --data-dir",
    };
  },
};

/** The folder itself, or the one that it would be made in. */
async function existing(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : existing(dirname(folder));
}

const memory: Check = {
  name: "memory",
  look: async () => {
    const found = `${(totalmem() / GIB).toFixed(1)} GiB`;
    if (totalmem() >= MEMORY_GIB_MIN * GIB) return ok(found);
    return { state: "warning", found, means: "few models fit", fix: "serve small models" };
  },
};

const gpu: Check = {
  name: "GPU",
  look: async ({ call }) => {
    if (process.platform === "darwin" && process.arch === "arm64") return ok("unified memory");
    const query = ["--query-gpu=name,memory.total", "--format=csv,noheader"];
    const asked = await captured("nvidia-smi", query, call.surroundings, 2_500);
    const names = asked.stdout
      .trim()
      .split("\n")
      .filter((name) => name !== "");
    if (asked.code === 0 && names.length > 0) return ok(names.join("; "));
    return away("none that nvidia-smi knows: models run on the CPU, or on what Ollama finds itself");
  },
};

const ports: Check = {
  name: "ports",
  look: async ({ places }, signal) => {
    if (places.local !== undefined) return ok("a local mesh has them");
    const asked = Object.entries(PORTS).map(async ([name, port]) => {
      const isTaken = await greetingAt("127.0.0.1", port, signal).then(
        () => true,
        () => false,
      );
      return isTaken ? [`${name} ${port}`] : [];
    });
    const taken = (await Promise.all(asked)).flat();
    if (taken.length === 0) return ok("those of a local mesh are free");
    return {
      state: "warning",
      found: `taken: ${taken.join(", ")}`,
      means: "a local mesh takes other ports in their place",
    };
  },
};

const wallet: Check = {
  name: "wallet file",
  look: async ({ places }) => {
    if (places.wallet === undefined)
      return away("none is named: --wallet, FLOCK_WALLET or flock context set");
    return privateFile(places.wallet.value, "who reads it has your LLAMA");
  },
};

const settings: Check = {
  name: "settings",
  look: async ({ call }) => {
    const file = contextsFile(call.surroundings.environment);
    const isThere = await stat(file).then(
      () => true,
      () => false,
    );
    return isThere
      ? privateFile(file, "who changes it chooses the network that you pay")
      : away("no network has a name");
  },
};

async function privateFile(file: string, means: string): Promise<Finding> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined)
    return {
      state: "failed",
      found: `there is no ${file}`,
      means: "commands for your account fail",
      fix: `flock wallet create --wallet ${file}`,
    };
  if (process.platform === "win32" || (found.mode & 0o077) === 0) return ok(`${file}, for your eyes`);
  return {
    state: "warning",
    found: `${file} can be read or written by others`,
    means,
    fix: `chmod 600 ${file}`,
  };
}

export const MACHINE_CHECKS: readonly Check[] = [node, disk, memory, gpu, ports, settings, wallet];
