export { type RouterConfig, readRouterConfig, routerEnvironment } from "./config.js";
export { createRouter } from "./service.js";
