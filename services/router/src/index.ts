export { type RouterConfig, readRouterConfig } from "./config.js";
export { createRouter } from "./service.js";
