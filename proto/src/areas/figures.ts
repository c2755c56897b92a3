export * from "../gen/flock/figures/v1/figures.js";
