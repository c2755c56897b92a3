export { type DumpOptions, dumpSchema } from "./dump-schema.js";
