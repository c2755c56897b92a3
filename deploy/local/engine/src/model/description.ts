import type { GgufFileInfo, GgufFileType } from "node-llama-cpp";
import { GgufFileType as FILE_TYPES, GgmlType } from "node-llama-cpp";

/** Ollama's `details` of a model. */
export interface ModelDetails {
  readonly parent_model: "";
  readonly format: "gguf";
  readonly family: string;
  readonly families: readonly string[];
  /** Number of parameters, e.g. `3.97M`. */
  readonly parameter_size: string;
  /** As the file declares it, e.g. `Q8_0`; `unknown` if it does not. */
  readonly quantization_level: string;
  readonly context_length: number;
  readonly embedding_length: number;
}

/** What the engine says about the model that it serves. */
export interface ModelDescription {
  /** With tag, e.g. `flock-tiny:latest`. */
  readonly name: string;
  /** Lower-case hex SHA-256 of the GGUF file: the model's identity on the network. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** RFC 3339. */
  readonly modifiedAt: string;
  readonly details: ModelDetails;
  /** GGUF metadata, flat, as in `/api/show`. Long arrays are null unless asked for. */
  info(isVerbose: boolean): Record<string, unknown>;
  /** The Jinja chat template of the file, or empty. */
  readonly template: string;
  readonly license: string;
  readonly tensors: readonly TensorDescription[];
}

/** One of the model's matrices, as in `/api/show`. */
export interface TensorDescription {
  readonly name: string;
  /** e.g. `Q8_0`. */
  readonly type: string;
  readonly shape: readonly number[];
}

/** A list longer than this is left out of `info` unless it is verbose: vocabularies. */
const SHORT_LIST_MAX = 16;

export interface DescribedFile {
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  readonly gguf: GgufFileInfo;
  /** The context that the engine offers, which may be shorter than the model's. */
  readonly contextTokens: number;
  readonly embeddingLength: number;
}

/** Derives everything that the listing endpoints show from the file's own metadata. */
export function describeModel(file: DescribedFile): ModelDescription {
  const { general, tokenizer } = file.gguf.metadata;
  const family = String(general.architecture);
  const parameterCount = (file.gguf.fullTensorInfo ?? []).reduce(
    (sum, tensor) => sum + tensor.dimensions.reduce<number>((product, size) => product * Number(size), 1),
    0,
  );
  const flat = new Map(flatten("", file.gguf.metadata));
  flat.set("general.parameter_count", parameterCount);
  return {
    name: file.name,
    digest: file.digest,
    sizeBytes: file.sizeBytes,
    modifiedAt: file.modifiedAt.toISOString(),
    details: {
      parent_model: "",
      format: "gguf",
      family,
      families: [family],
      parameter_size: formatCount(parameterCount),
      quantization_level: quantizationName(general.file_type),
      context_length: file.contextTokens,
      embedding_length: file.embeddingLength,
    },
    info: (isVerbose) =>
      Object.fromEntries(
        [...flat].map(([key, value]) => [
          key,
          Array.isArray(value) && value.length > SHORT_LIST_MAX && !isVerbose ? null : value,
        ]),
      ),
    template: tokenizer?.chat_template ?? "",
    license: String(general.license ?? ""),
    tensors: (file.gguf.fullTensorInfo ?? []).map(({ name, ggmlType, dimensions }) => ({
      name,
      type: GgmlType[ggmlType] ?? "unknown",
      shape: dimensions.map(Number),
    })),
  };
}

/** `3967744` as `3.97M`, in the steps that Ollama uses. */
export function formatCount(count: number): string {
  const steps = [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "K"],
  ] as const;
  const step = steps.find(([size]) => count >= size);
  if (step === undefined) return String(count);
  const scaled = count / step[0];
  return `${scaled >= 100 ? scaled.toFixed(0) : scaled >= 10 ? scaled.toFixed(1) : scaled.toFixed(2)}${step[1]}`;
}

/** `MOSTLY_Q8_0` as `Q8_0`. */
function quantizationName(fileType: GgufFileType | undefined): string {
  const name = fileType === undefined ? undefined : FILE_TYPES[fileType];
  return name?.replace(/^(MOSTLY|ALL)_/, "") ?? "unknown";
}

/** Nested metadata to dotted keys, e.g. `llama.attention.head_count`. Big integers become numbers. */
function flatten(prefix: string, value: unknown): [string, unknown][] {
  if (typeof value === "bigint") return [[prefix, Number(value)]];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[prefix, value]];
  return Object.entries(value).flatMap(([key, nested]) =>
    flatten(prefix === "" ? key : `${prefix}.${key}`, nested),
  );
}
