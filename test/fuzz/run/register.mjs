/** `node --import` this to run TypeScript sources. */
import { register } from "node:module";

register("./typescript-hooks.mjs", import.meta.url);
