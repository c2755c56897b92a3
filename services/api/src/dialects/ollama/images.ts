import { FlockError } from "@flock/errors";
import type { Fields } from "./fields.js";

/** What base64 (of Go, which skips line ends) does not contain. Looked for rather than matched: no backtracking. */
const NOT_BASE64 = /[^A-Za-z0-9+/=\r\n]/;

/** The `images` of a request or message: base64 without a `data:` prefix. */
export function readImages(fields: Fields): readonly string[] | undefined {
  const images = fields.strings("images");
  const index = images?.findIndex((image) => image === "" || NOT_BASE64.test(image)) ?? -1;
  if (index >= 0)
    throw new FlockError("invalid_argument", `field "${fields.nameOf("images")}[${index}]" must be base64`);
  return images === undefined || images.length === 0 ? undefined : images;
}
