import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";
import { compressAssets } from "./build/compress-assets.js";
import { refuseNodeModules } from "./build/refuse-node-modules.js";

export default defineConfig({
  base: "/console/",
  plugins: [react(), refuseNodeModules(), compressAssets()],
  resolve: { conditions: ["@flock/source", ...defaultClientConditions] },
  build: {
    // The first browsers with light-dark() in all three engines.
    target: ["chrome123", "firefox120", "safari17.5"],
    manifest: true,
    // The policy allows no data: URL and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
