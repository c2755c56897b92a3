export * from "../gen/flock/catalogue/v1/catalogue.js";
