export { SteppedClock } from "./runtime/stepped-clock.js";
