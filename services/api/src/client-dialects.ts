import { anthropicDialect } from "./dialects/anthropic/index.js";
import type { ConsoleFiles } from "./dialects/console/console-files.js";
import { consoleDialect } from "./dialects/console/index.js";
import { documented } from "./dialects/docs/index.js";
import { flockDialect } from "./dialects/flock/index.js";
import type { InferenceGateway } from "./dialects/inference-gateway.js";
import { ollamaDialect } from "./dialects/ollama/index.js";
import { openAiDialect } from "./dialects/openai/index.js";
import { responsesDialect } from "./dialects/responses/index.js";
import { statusDialect } from "./dialects/status/index.js";
import type { Dialects } from "./http/routes.js";
import type { MoneyGateway } from "./money/money-gateway.js";

/** All that the api speaks over HTTP, and what describes it. */
export function clientDialects(
  gateway: InferenceGateway,
  money: MoneyGateway,
  consoleFiles?: ConsoleFiles,
): Dialects {
  return documented([
    ollamaDialect(gateway),
    anthropicDialect(gateway),
    responsesDialect(gateway),
    openAiDialect(gateway),
    flockDialect(money),
    consoleDialect(consoleFiles),
    statusDialect(money),
  ]);
}
