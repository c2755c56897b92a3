import { loadOrCreateIdentity } from "@flock/keys";
import { dataPaths } from "./data-dir.js";

/** What the services of a local mesh sign tickets and commands with, and what workers know it by. */
export interface LocalMeshKey {
  readonly file: string;
  readonly publicKey: string;
}

/** That of a data directory; made if there is none. */
export async function localMeshKey(dataDir: string): Promise<LocalMeshKey> {
  const file = dataPaths(dataDir).meshKey;
  const { id } = await loadOrCreateIdentity(file);
  return { file, publicKey: id };
}
