import { FlockError } from "@flock/errors";

declare const isBase64Image: unique symbol;

/** An image as models take it: base64, without a `data:` prefix. Made by {@link base64Image}. */
export type Base64Image = string & { readonly [isBase64Image]: true };

/** What base64 (of Go, which skips line ends) does not contain. Looked for rather than matched: no backtracking. */
const NOT_BASE64 = /[^A-Za-z0-9+/=\r\n]/;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const PADDING = 0x3d;
const PADDING_MAX = 2;

/** The image that a client sent; `field` is what the client calls it. Its size is bounded with the request's. */
export function base64Image(text: string, field: string): Base64Image {
  if (!isBase64(text)) throw new FlockError("invalid_argument", `field "${field}" must be base64`);
  // CAST: checked above.
  return text as Base64Image;
}

/** Ollama's list; without a type it takes them, too. */
const IMAGE_DATA_URL = /^data:(?:image\/(?:jpeg|jpg|png|webp))?;base64,/i;

/**
 * The image in a `data:` URL, the form of other dialects. Nothing is fetched from any other URL: it would be our
 * machine that asks, for whatever a client names.
 */
export function dataUrlImage(url: string, field: string): Base64Image {
  const prefix = IMAGE_DATA_URL.exec(url)?.[0];
  if (prefix !== undefined) return base64Image(url.slice(prefix.length), field);
  if (/^https?:/i.test(url))
    throw new FlockError(
      "invalid_argument",
      "image URLs are not currently supported, please use base64 encoded data instead",
    );
  throw new FlockError(
    "invalid_argument",
    `field "${field}" must be a data URL of a JPEG, PNG or WebP image in base64`,
  );
}

/** The image that a client sent as it is. */
export function imageOf(bytes: Uint8Array, field: string): Base64Image {
  if (bytes.length === 0)
    throw new FlockError("invalid_argument", `field "${field}" is empty`, { details: { field } });
  // CAST: base64 of something.
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") as Base64Image;
}

/** Something at all, in whole groups of four, of which the last may be padded. One pass: it may be 20 MiB. */
function isBase64(text: string): boolean {
  if (NOT_BASE64.test(text)) return false;
  let digits = 0;
  let padding = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === LINE_FEED || code === CARRIAGE_RETURN) continue;
    digits += 1;
    if (code === PADDING) padding += 1;
    else if (padding > 0) return false;
  }
  return digits > 0 && digits % 4 === 0 && padding <= PADDING_MAX;
}
