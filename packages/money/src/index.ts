export { formatLlama, microFromJson, parseLlama } from "./decimal.js";
export {
  MICRO_LLAMA_MAX,
  MICRO_PER_LLAMA,
  type MicroLlama,
  microLlama,
  minMicro,
  TOTAL_SUPPLY,
  ZERO,
} from "./micro-llama.js";
export { BPS_PER_WHOLE, mulDivFloor, splitBps } from "./proportion.js";
