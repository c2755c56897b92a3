import { createRequire } from "node:module";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "@flock/provision";

/** The native Solana VM: an optional package, which npm installs only where it has one for the platform. */
const VM = "litesvm-linux-x64-gnu";

/** Whether the local Solana chain can run on this machine. */
export function isChainSupported(): boolean {
  try {
    createRequire(join(REPOSITORY_ROOT, "deploy/local/chain/package.json")).resolve(VM);
    return true;
  } catch {
    return false; // Not installed: no binary for this platform.
  }
}
