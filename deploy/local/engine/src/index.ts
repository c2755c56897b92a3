export {
  createEngine,
  type Engine,
  type EngineAddress,
  type EngineOptions,
  FLOCK_TINY_FILE,
} from "./engine.js";
export { ENGINE_NAME, ENGINE_VERSION } from "./http/server.js";
