/**
 * `npm run pack-worker [-- <folder>]`: the package that strangers install as a worker, staged in `<folder>/package` and
 * packed beside it; `.cache/worker-package` if none is named. `npm publish <folder>/package` publishes it.
 */
import { join } from "node:path";
import { ROOT } from "./environment.mjs";
import { pack } from "./published/pack.mjs";
import { stageWorker } from "./published/worker.mjs";
import { runScript } from "./step.mjs";

await runScript(() => pack(stageWorker, process.argv[2] ?? join(ROOT, ".cache/worker-package")));
