import { isBuiltin } from "node:module";
import type { Plugin } from "vite";

/**
 * Ends the build where something imports a module of Node. Vite would put an empty one in its place and only warn,
 * and the page would fail when it is used.
 */
export function refuseNodeModules(): Plugin {
  return {
    name: "flock:refuse-node-modules",
    apply: "build",
    enforce: "pre",
    async resolveId(id, importer) {
      if (importer === undefined || !isBuiltin(id)) return null;
      // Some packages on the registry have the name of a module of Node.
      const other = id.startsWith("node:") ? null : await this.resolve(id, importer, { skipSelf: true });
      if (other !== null && !other.id.includes("__vite-browser-external")) return other;
      throw new Error(`${importer} imports ${id}, which browsers do not have`);
    },
  };
}
