export { CONTROL_VERBS, type ControlVerb, controlWorker } from "./control.js";
