export * from "./flock-error.js";
