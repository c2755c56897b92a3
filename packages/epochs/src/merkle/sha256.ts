/** The SHA-256 of bytes: Node's own, which is faster, or one that runs everywhere. Who hashes says by which. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export const SHA256_BYTES = 32;
