import type { ModelAvailability } from "@flock/mesh";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { type GetModelResponse, type Model, ModelsDefinition } from "@flock/proto/public";
import type { Inference } from "../../inference/inference.js";
import { briefModelInfo, modelCard } from "../../inference/model-card.js";
import type { JsonObject } from "../../json-object.js";
import { type GrpcMethod, unary } from "../grpc-method.js";
import { timestampOf } from "../proto-time.js";

/** The service `Models`. */
export function modelsMethods(inference: Inference): readonly GrpcMethod[] {
  const { listModels, getModel } = ModelsDefinition.methods;
  const access = { takes: "key" } as const;
  return [
    unary(ModelsDefinition, listModels, { access }, async (_request, { context }) => ({
      models: inference.available(context).map((available) => modelOf(available.entry, available)),
    })),
    unary(
      ModelsDefinition,
      getModel,
      { access },
      async ({ name }, { context }): Promise<GetModelResponse> => {
        const entry = inference.model(context, name);
        const available = inference.available(context).find((each) => each.entry.name === entry.name);
        const { modelInfo, texts } = modelCard(entry);
        return {
          model: modelOf(entry, available),
          texts: {
            license: textIn(texts, "license"),
            parameters: textIn(texts, "parameters"),
            template: textIn(texts, "template"),
            system: textIn(texts, "system"),
          },
          infoJson: JSON.stringify(briefModelInfo(modelInfo)),
        };
      },
    ),
  ];
}

function modelOf(entry: CatalogueEntry, available: ModelAvailability | undefined): Model {
  const { details } = modelCard(entry);
  const embeddingLength = details["embedding_length"];
  return {
    name: entry.name,
    digest: entry.digest,
    sizeBytes: BigInt(entry.sizeBytes),
    modifiedAt: timestampOf(entry.modifiedUnixMs),
    contextLength: entry.contextLength,
    capabilities: entry.capabilities,
    isAvailable: available !== undefined,
    isLoaded: (available?.loaded ?? 0) > 0,
    format: textIn(details, "format"),
    family: textIn(details, "family"),
    parameterSize: textIn(details, "parameter_size"),
    quantizationLevel: textIn(details, "quantization_level"),
    embeddingLength: isLength(embeddingLength) ? embeddingLength : 0,
    promptPriceMicro: entry.promptPriceMicro,
    completionPriceMicro: entry.completionPriceMicro,
    isChecked: entry.isChecked,
  };
}

function textIn(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === "string" ? value : "";
}

/** A worker described the model. */
function isLength(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}
