/**
 * `npm run pack-sdk [-- <folder>]`: the package that programs install as a client, staged in `<folder>/package` and packed
 * beside it; `.cache/sdk-package` if none is named. `npm publish <folder>/package` publishes it.
 */
import { join } from "node:path";
import { ROOT } from "./environment.mjs";
import { pack } from "./published/pack.mjs";
import { stageSdk } from "./published/sdk.mjs";
import { runScript } from "./step.mjs";

await runScript(() => pack(stageSdk, process.argv[2] ?? join(ROOT, ".cache/sdk-package")));
