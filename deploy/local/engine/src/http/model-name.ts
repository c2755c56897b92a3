import { FlockError } from "@flock/errors";
import { withTag } from "../model/loaded-model.js";
import type { Fields } from "./fields.js";

/** What requests are checked against. */
export interface ServedModel {
  /** With tag. */
  readonly name: string;
  readonly contextTokens: number;
}

/** Ollama's endpoints say in two ways that a name is missing or not known. */
export interface NameErrors {
  /** A missing name is one that is not found (404), not a bad request (400). */
  readonly isMissingUnknown: boolean;
  readonly notFound: (name: string) => string;
}

const quotedOnce = (name: string) => `model '${name}' not found`;
/** `/api/generate`. */
export const GENERATE_NAMES: NameErrors = { isMissingUnknown: true, notFound: quotedOnce };
/** `/api/chat`, `/api/show`. */
export const CHAT_NAMES: NameErrors = { isMissingUnknown: false, notFound: quotedOnce };
/** `/api/embed`. */
export const EMBED_NAMES: NameErrors = {
  isMissingUnknown: true,
  notFound: (name) =>
    name === "" ? quotedOnce(name) : `model ${JSON.stringify(name)} not found, try pulling it first`,
};
/** `/api/embeddings`. */
export const EMBEDDINGS_NAMES: NameErrors = { ...EMBED_NAMES, isMissingUnknown: false };

const CHARACTERS_MAX = 300;
/** `host:port/space/name:tag`, all but the name optional. */
const NAME = /^(?:\w[\w.:-]*\/)?(?:\w[\w.-]*\/)?\w[\w.-]*(?::\w[\w.-]*)?$/;

/**
 * `model` (or its old alias `name`) as written, if it names the served one; capital letters make no difference. Throws
 * `invalid_argument`, `not_found`.
 */
export function readModelName(fields: Fields, served: ServedModel, errors: NameErrors): string {
  const requested = fields.string("model") || fields.string("name") || "";
  if (requested === "") {
    if (errors.isMissingUnknown) throw new FlockError("not_found", errors.notFound(""));
    throw new FlockError("invalid_argument", "model is required");
  }
  if (requested.length > CHARACTERS_MAX || !NAME.test(requested))
    throw new FlockError("invalid_argument", "invalid model name");
  if (withTag(requested).toLowerCase() !== served.name.toLowerCase())
    throw new FlockError("not_found", errors.notFound(requested));
  return requested;
}
