import { FlockError } from "@flock/errors";
import { type Base64Image, dataUrlImage } from "../../inference/images.js";
import { type Fields, wrongType } from "../../json-fields.js";

/** What an item says. */
export interface Content {
  readonly text: string;
  readonly images: readonly Base64Image[];
}

/** The `content` of a message or the `output` of a tool: text, or a list of parts; none is as good as an empty text. */
export function readContent(item: Fields, field: string): Content {
  const value = item.raw(field);
  if (value === undefined || typeof value === "string") return { text: value ?? "", images: [] };
  if (!Array.isArray(value)) throw wrongType(item.nameOf(field), "a string or an array of parts");
  let text = "";
  const images: Base64Image[] = [];
  for (const part of item.objects(field) ?? []) {
    switch (part.string("type")) {
      case "input_text":
      case "output_text":
        text += part.string("text") ?? "";
        break;
      case "refusal":
        text += part.string("refusal") ?? "";
        break;
      case "input_image":
        images.push(dataUrlImage(part.string("image_url") ?? "", part.nameOf("image_url")));
        break;
      case "input_file":
        throw new FlockError(
          "invalid_argument",
          `field "${part.nameOf("type")}": files are not supported, send their text`,
        );
      default:
        throw wrongType(part.nameOf("type"), '"input_text", "output_text", "refusal" or "input_image"');
    }
  }
  return { text, images };
}
