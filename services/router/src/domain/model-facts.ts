import { canonicalModelName } from "@flock/proto";
import type { ModelDescription } from "@flock/proto/workers";
import { isDigest } from "./announcement.js";

/** What the catalogue keeps of a model, checked. */
export interface ModelFacts {
  /** Canonical. */
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly modifiedUnixMs: number;
  readonly contextLength: number;
  readonly capabilities: string[];
  /** A JSON object. */
  readonly showJson: Buffer;
  readonly resumesFormat: boolean;
}

const SHOW_BYTES_MAX = 64 * 1024;
const CAPABILITIES_MAX = 32;
const CAPABILITY = /^[a-z][a-z0-9_-]{0,63}$/;

/** Checks a worker's description of a model; undefined if it cannot go into the catalogue. */
export function readModelDescription(description: ModelDescription): ModelFacts | undefined {
  const name = canonicalModelName(description.name);
  const { digest, sizeBytes, modifiedUnixMs, contextLength, capabilities, resumesFormat } = description;
  if (name === undefined || !isDigest(digest)) return undefined;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return undefined;
  if (!Number.isSafeInteger(modifiedUnixMs) || modifiedUnixMs < 0) return undefined;
  if (capabilities.length > CAPABILITIES_MAX || !capabilities.every((one) => CAPABILITY.test(one)))
    return undefined;
  const showJson = Buffer.from(description.showJson);
  if (!isJsonObject(showJson)) return undefined;
  return { name, digest, sizeBytes, modifiedUnixMs, contextLength, capabilities, showJson, resumesFormat };
}

function isJsonObject(bytes: Buffer): boolean {
  if (bytes.length > SHOW_BYTES_MAX) return false;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
