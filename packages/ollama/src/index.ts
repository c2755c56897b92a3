export { ollamaUrl } from "./ollama-host.js";
