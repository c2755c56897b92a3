export { SteppedClock } from "./stepped-clock.js";
