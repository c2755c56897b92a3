import { BinaryReader, type BinaryWriter } from "@bufbuild/protobuf/wire";

/** The protocol version that this build speaks: field `version` of every message that travels alone. */
export const PROTOCOL_VERSION = 1;

/** The part of a generated message's companion object that the mesh uses. */
export interface MessageCodec<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

/** Why bytes from the wire were not taken. `reason` is a metric label. */
export type Rejected = { readonly ok: false; readonly reason: "oversized" | "malformed" | "unknown_version" };
export type Decoded<T> = { readonly ok: true; readonly message: T } | Rejected;

/** Encodes to bytes. */
export function encode<T>(codec: MessageCodec<T>, message: T): Uint8Array {
  return codec.encode(message).finish();
}

/**
 * Decodes untrusted bytes: refuses more than `bytesMax` bytes, what is not protobuf, and versions that this build does
 * not speak. Field values are still untrusted: ids, enums and numbers are the caller's to check.
 */
export function decodeWire<T extends { version: number }>(
  codec: MessageCodec<T>,
  bytes: Uint8Array,
  bytesMax: number,
): Decoded<T> {
  if (bytes.length > bytesMax) return { ok: false, reason: "oversized" };
  let message: T;
  try {
    message = codec.decode(bytes);
  } catch {
    return { ok: false, reason: "malformed" };
  }
  if (message.version !== PROTOCOL_VERSION) return { ok: false, reason: "unknown_version" };
  return { ok: true, message };
}

/** Counts what is read: at least two numbers for each field, in whatever message it is. */
class CountingReader extends BinaryReader {
  readsLeft: number;

  constructor(bytes: Uint8Array, readsMax: number) {
    super(bytes);
    this.readsLeft = readsMax;
    const read = this.uint32;
    this.uint32 = () => {
      this.readsLeft -= 1;
      if (this.readsLeft < 0) throw new RangeError("too many fields");
      return read.call(this);
    };
  }
}

/**
 * Decodes untrusted bytes of a message that a stranger may have filled with millions of empty ones: refuses what is not
 * protobuf, and what has about twice as many fields as `fieldsMax`, before they take memory.
 */
export function decodeCounted<T>(
  codec: MessageCodec<T>,
  bytes: Uint8Array,
  fieldsMax: number,
):
  | { readonly ok: true; readonly message: T }
  | { readonly ok: false; readonly reason: "malformed" | "too many fields" } {
  const reader = new CountingReader(bytes, 2 * fieldsMax);
  try {
    return { ok: true, message: codec.decode(reader) };
  } catch {
    return { ok: false, reason: reader.readsLeft < 0 ? "too many fields" : "malformed" };
  }
}
