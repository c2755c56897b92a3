/** Version of what is sealed and how; a part of everything below. */
const DOMAIN = Buffer.from("flock/sealing/v1\0");
const LEASE_BYTES = 4;

/** The lease that something is sealed for, and between whom. */
export interface LeaseNames {
  readonly jobId: string;
  readonly lease: number;
  readonly workerId: string;
  readonly requesterId: string;
}

/**
 * The names as bytes: each text in UTF-8, behind its length in bytes (unsigned, 2 bytes, big-endian), the lease's
 * number in 4 bytes. No two leases have the same.
 */
export function bytesOfLease({ jobId, lease, workerId, requesterId }: LeaseNames): Uint8Array {
  const number = Buffer.alloc(LEASE_BYTES);
  number.writeUInt32BE(lease);
  return Buffer.concat([DOMAIN, text(jobId), number, text(workerId), text(requesterId)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
