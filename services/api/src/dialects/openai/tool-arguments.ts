import type { JsonObject } from "../../json-object.js";
import type { JsonTexts } from "../../json-text.js";

/**
 * What a tool was called with, which OpenAI's clients send as JSON in a string; no text at all is what some models make
 * of no arguments. All calls of a request are read by one {@link JsonTexts}, which bounds them together.
 * @param field What the client calls it.
 */
export function argumentsOf(texts: JsonTexts, text: string, field: string): JsonObject {
  return text.trim() === "" ? {} : texts.object(text, field);
}
