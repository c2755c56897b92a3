import type { ModelAvailability } from "@flock/mesh";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { type GetModelResponse, type Model, ModelsDefinition } from "@flock/proto/public";
import type { ModelFigures, NetworkFigures } from "../../figures/network-figures.js";
import type { Inference } from "../../inference/inference.js";
import { briefModelInfo, modelCard } from "../../inference/model-card.js";
import type { JsonObject } from "../../json-object.js";
import { hardwareMessages, hourMessage, modelFiguresMessage } from "../figure-messages.js";
import { type GrpcMethod, unary } from "../grpc-method.js";
import { timestampOf } from "../proto-time.js";

/** The service `Models`; without figures where there are none. */
export function modelsMethods(
  inference: Inference,
  figures: NetworkFigures | undefined,
): readonly GrpcMethod[] {
  const { listModels, getModel } = ModelsDefinition.methods;
  const access = { takes: "key" } as const;
  return [
    unary(ModelsDefinition, listModels, { access }, async (_request, { context }) => {
      const listed = figures?.models().models ?? [];
      const ofModel = new Map(listed.map((each) => [each.offered.entry.name, each]));
      return {
        models: inference
          .available(context)
          .map((available) => modelOf(available.entry, available, ofModel.get(available.entry.name))),
      };
    }),
    unary(
      ModelsDefinition,
      getModel,
      { access },
      async ({ name }, { context }): Promise<GetModelResponse> => {
        const entry = inference.model(context, name);
        const available = inference.available(context).find((each) => each.entry.name === entry.name);
        const { modelInfo, texts } = modelCard(entry);
        const detail = figures?.model(entry.name);
        return {
          model: modelOf(entry, available, detail?.model),
          texts: {
            license: textIn(texts, "license"),
            parameters: textIn(texts, "parameters"),
            template: textIn(texts, "template"),
            system: textIn(texts, "system"),
          },
          infoJson: JSON.stringify(briefModelInfo(modelInfo)),
          hardware: hardwareMessages(detail?.hardware ?? null),
          hours: (detail?.hours ?? []).map(hourMessage),
        };
      },
    ),
  ];
}

function modelOf(
  entry: CatalogueEntry,
  available: ModelAvailability | undefined,
  figures: ModelFigures | undefined,
): Model {
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
    figures: figures && modelFiguresMessage(figures),
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
