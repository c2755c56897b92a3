export { type ApiConfig, readApiConfig } from "./config.js";
export { createApi } from "./service.js";
