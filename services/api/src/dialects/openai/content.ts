import { FlockError } from "@flock/errors";
import { type Base64Image, dataUrlImage } from "../../inference/images.js";
import { type Fields, wrongType } from "../../json-fields.js";

/** What a message says. */
export interface Content {
  readonly text: string;
  /** None or at least one. */
  readonly images?: readonly Base64Image[];
}

/** What Ollama's templates put between the parts of a message. */
const BETWEEN_PARTS = "\n\n";

/** The `content` of a message, a text or a list of parts; undefined if there is none. */
export function readContent(message: Fields): Content | undefined {
  const content = message.raw("content");
  if (content === undefined) return undefined;
  if (typeof content === "string") return { text: content };
  if (!Array.isArray(content)) throw wrongType(message.nameOf("content"), "a string or an array of parts");
  const texts: string[] = [];
  const images: Base64Image[] = [];
  for (const part of message.objects("content") ?? []) {
    const type = part.string("type");
    if (type === "text") texts.push(part.string("text") ?? "");
    else if (type === "image_url") images.push(readImage(part));
    else
      throw new FlockError(
        "invalid_argument",
        `field "${part.nameOf("type")}" must be "text" or "image_url": nothing else is supported`,
      );
  }
  return { text: texts.join(BETWEEN_PARTS), ...(images.length > 0 ? { images } : {}) };
}

/** `{"image_url": {"url": …}}`, or `{"image_url": …}`. */
function readImage(part: Fields): Base64Image {
  const plain = part.raw("image_url");
  if (typeof plain === "string") return dataUrlImage(plain, part.nameOf("image_url"));
  const image = part.child("image_url");
  return dataUrlImage(image.string("url") ?? "", image.nameOf("url"));
}
