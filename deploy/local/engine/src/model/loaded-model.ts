import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { FlockError } from "@flock/errors";
import { getLlama, type Llama, LlamaLogLevel, type LlamaModel, NoBinaryFoundError } from "node-llama-cpp";
import { ChatTemplate } from "./chat-template.js";
import { describeModel, type ModelDescription } from "./description.js";
import { Vocabulary } from "./vocabulary.js";

export interface ModelSource {
  /** A GGUF file that llama.cpp can load. */
  readonly file: string;
  /** The name to serve it under; `:latest` is added if it has no tag. */
  readonly name: string;
  /** The longest context to offer; the model's own if that is shorter. */
  readonly contextTokensMax: number;
}

/** A model in memory and everything known about it. */
export interface LoadedModel {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly vocabulary: Vocabulary;
  readonly description: ModelDescription;
  /** undefined: the file has no chat template. */
  readonly chatTemplate: ChatTemplate | undefined;
  readonly contextTokens: number;
}

/**
 * Loads the native library and the model. Never downloads or compiles. Throws `unimplemented` when there is no prebuilt
 * llama.cpp for this platform, `not_found` for a missing file, `invalid_argument` for a file that is not a usable GGUF.
 */
export async function loadModel(source: ModelSource): Promise<LoadedModel> {
  const file = await stat(source.file).catch((cause: unknown) => {
    throw new FlockError("not_found", `the model file ${source.file} cannot be read`, { cause });
  });
  const [llama, digest] = await Promise.all([loadLlama(), sha256(source.file)]);
  const model = await llama.loadModel({ modelPath: source.file }).catch((cause: unknown) => {
    throw new FlockError("invalid_argument", `llama.cpp cannot load ${source.file}`, { cause });
  });
  const { metadata } = model.fileInfo;
  const contextTokens = Math.min(model.trainContextSize, source.contextTokensMax);
  const template = metadata.tokenizer?.chat_template;
  return {
    llama,
    model,
    vocabulary: new Vocabulary(model, metadata.tokenizer.ggml.tokens.length),
    contextTokens,
    chatTemplate:
      template === undefined
        ? undefined
        : new ChatTemplate({
            template,
            bosToken: model.tokens.bosString ?? "",
            eosToken: model.tokens.eosString ?? "",
          }),
    description: describeModel({
      name: withTag(source.name),
      digest,
      sizeBytes: file.size,
      modifiedAt: file.mtime,
      gguf: model.fileInfo,
      contextTokens,
      embeddingLength: model.embeddingVectorSize,
    }),
  };
}

/** `name` as `name:latest`; a name with a tag as it is. */
export function withTag(name: string): string {
  return name.lastIndexOf(":") > name.lastIndexOf("/") ? name : `${name}:latest`;
}

async function loadLlama(): Promise<Llama> {
  try {
    // Errors of llama.cpp reach the caller as exceptions; its log is noise.
    // What matters of llama.cpp's log reaches the caller as exceptions.
    return await getLlama({
      gpu: false,
      build: "never",
      skipDownload: true,
      logLevel: LlamaLogLevel.disabled,
    });
  } catch (cause) {
    if (!(cause instanceof NoBinaryFoundError)) throw cause;
    const platform = `${process.platform}-${process.arch}`;
    throw new FlockError(
      "unimplemented",
      `there is no prebuilt llama.cpp for ${platform}: install Ollama and point OLLAMA_HOST at it instead`,
      { cause },
    );
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
