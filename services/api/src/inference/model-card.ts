import type { CatalogueEntry } from "@flock/proto/catalogue";
import { defined, isJsonObject, type JsonObject } from "../json-object.js";

/** What the catalogue keeps of a model beyond its numbers, as Ollama's clients know it. */
export interface ModelCard {
  readonly details: JsonObject;
  readonly modelInfo: JsonObject;
  /** `license`, `parameters`, `template`, `system`: those that the model has. */
  readonly texts: JsonObject;
}

/** Longer arrays in `model_info` (vocabularies) are told only on request. */
const BRIEF_ARRAY_LENGTH_MAX = 8;

const cards = new WeakMap<CatalogueEntry, ModelCard>();

/** Reads what a worker once described; anything that is not of its expected kind is left out. */
export function modelCard(entry: CatalogueEntry): ModelCard {
  let card = cards.get(entry);
  if (card === undefined) {
    card = readCard(entry);
    cards.set(entry, card);
  }
  return card;
}

/** `model_info` with `null` in the place of long arrays, as Ollama tells it. */
export function briefModelInfo(modelInfo: JsonObject): JsonObject {
  const isLong = (value: unknown) => Array.isArray(value) && value.length > BRIEF_ARRAY_LENGTH_MAX;
  return Object.fromEntries(
    Object.entries(modelInfo).map(([key, value]) => [key, isLong(value) ? null : value]),
  );
}

function readCard(entry: CatalogueEntry): ModelCard {
  const show = parse(entry.showJson);
  const details = isJsonObject(show["details"]) ? show["details"] : {};
  const modelInfo = isJsonObject(show["model_info"]) ? show["model_info"] : {};
  const families = details["families"];
  return {
    details: defined({
      parent_model: text(details["parent_model"]) ?? "",
      format: text(details["format"]) ?? "",
      family: text(details["family"]) ?? "",
      families: Array.isArray(families) ? families.filter((family) => typeof family === "string") : [],
      parameter_size: text(details["parameter_size"]) ?? "",
      quantization_level: text(details["quantization_level"]) ?? "",
      context_length: entry.contextLength > 0 ? entry.contextLength : undefined,
      embedding_length: embeddingLength(modelInfo),
    }),
    modelInfo,
    texts: defined({
      license: text(show["license"]),
      parameters: text(show["parameters"]),
      template: text(show["template"]),
      system: text(show["system"]),
    }),
  };
}

function parse(json: Uint8Array): JsonObject {
  try {
    const value: unknown = JSON.parse(Buffer.from(json).toString("utf8"));
    return isJsonObject(value) ? value : {};
  } catch {
    // A description that cannot be read is as good as none: the model itself can be used all the same.
    return {};
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function embeddingLength(modelInfo: JsonObject): number | undefined {
  const length = modelInfo[`${String(modelInfo["general.architecture"])}.embedding_length`];
  return typeof length === "number" ? length : undefined;
}
