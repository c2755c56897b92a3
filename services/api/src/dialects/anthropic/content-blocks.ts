import { FlockError } from "@flock/errors";
import { type Base64Image, base64Image } from "../../inference/images.js";
import { type Fields, wrongType } from "../../json-fields.js";

/** Of what a client wrote, so much is told back to it. */
const TOLD_LENGTH_MAX = 100;

/** A `content` or `system`: text, or a list of blocks; none is as good as an empty text. */
export function textOrBlocks(fields: Fields, field: string): string | readonly Fields[] {
  const value = fields.raw(field);
  if (value === undefined || typeof value === "string") return value ?? "";
  if (!Array.isArray(value)) throw wrongType(fields.nameOf(field), "a string or an array of blocks");
  return fields.objects(field) ?? [];
}

/** The image of a block. It has to be in the request: nothing is fetched for anybody. */
export function imageOf(block: Fields): Base64Image {
  const source = block.child("source");
  const type = source.string("type") ?? "";
  if (type !== "base64")
    throw new FlockError(
      "invalid_argument",
      `invalid image source type: ${type.slice(0, TOLD_LENGTH_MAX)}. Only base64 images are supported.`,
    );
  return base64Image(source.string("data") ?? "", source.nameOf("data"));
}

/** Refused, unlike blocks of unknown types: a document is what the question is about, and no model could read it. */
export function refuseDocument(block: Fields): never {
  throw new FlockError(
    "invalid_argument",
    `field "${block.nameOf("type")}": documents are not supported, send their text`,
  );
}
