/** Upper bounds, in bytes, of the encoded messages of each kind; a receiver drops anything larger. */
export const MESSAGE_BYTES_MAX = {
  ticket: 16 * 1024,
  claim: 4 * 1024,
  /** Grant or one GrantPart, with room for the frame around {@link PART_BYTES_MAX}. */
  grant: 320 * 1024,
  workerReport: 512 * 1024,
  workerControl: 4 * 1024,
  announcement: 256 * 1024,
  jobUpdates: 512 * 1024,
  complaints: 256 * 1024,
  serviceCall: 512 * 1024,
  event: 64 * 1024,
  figures: 512 * 1024,
} as const;

/**
 * Work and embedding results larger than this travel in parts, so that no message nears NATS' payload limit (1 MiB).
 */
export const PART_BYTES_MAX = 256 * 1024;

/** Upper bound of a whole encoded Work (a request body of 20 MiB, and room for text to resume after). */
export const WORK_BYTES_MAX = 32 * 1024 * 1024;

/** Chunks, finals and progress that one report of a worker has at most, together. */
export const REPORT_ITEMS_MAX = 512;
