export * from "./message-bounds.js";
export * from "./model-name.js";
export * from "./service-methods.js";
export * from "./subjects.js";
export * from "./wire.js";
