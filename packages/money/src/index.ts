export { formatLlama, microFromJson, microToJson, parseLlama } from "./decimal.js";
export {
  MICRO_LLAMA_MAX,
  MICRO_LLAMA_MIN,
  MICRO_PER_LLAMA,
  type MicroLlama,
  microLlama,
  minMicro,
  TOTAL_SUPPLY,
  ZERO,
} from "./micro-llama.js";
export { BPS_PER_WHOLE, mulDivCeil, mulDivFloor, splitBps } from "./proportion.js";
