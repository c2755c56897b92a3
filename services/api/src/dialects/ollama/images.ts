import { FlockError } from "@flock/errors";
import type { Fields } from "./fields.js";

/** What base64 (of Go, which skips line ends) does not contain. Looked for rather than matched: no backtracking. */
const NOT_BASE64 = /[^A-Za-z0-9+/=\r\n]/;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const PADDING = 0x3d;
const PADDING_MAX = 2;

/** The `images` of a request or message: base64 without a `data:` prefix. */
export function readImages(fields: Fields): readonly string[] | undefined {
  const images = fields.strings("images");
  const index = images?.findIndex((image) => !isBase64(image)) ?? -1;
  if (index >= 0)
    throw new FlockError("invalid_argument", `field "${fields.nameOf("images")}[${index}]" must be base64`);
  return images === undefined || images.length === 0 ? undefined : images;
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
