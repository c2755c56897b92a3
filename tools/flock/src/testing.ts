/** How `flock calibrate` asks and reads, for those who measure cheats. */
export { readingsAt } from "./calibration/audit.js";
export { answerAt, type Question, type Said } from "./calibration/ollama.js";
export { calibrationPrompt } from "./calibration/prompts.js";
