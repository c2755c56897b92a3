export { type ModelProfile, modelProfile, UNKNOWN_PROFILE } from "./model-profile.js";
export type { OllamaAccess } from "./ollama-access.js";
export { listingClient } from "./ollama-client.js";
export { OllamaRunner } from "./ollama-runner.js";
