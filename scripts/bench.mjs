/** `npm run bench -- [options]`: sets everything up, then runs the benchmarks in this process. */
import { setup } from "./setup.mjs";
import { become, runScript } from "./step.mjs";

await runScript(async () => {
  await setup();
  await become("test/bench/dist/main.js", process.argv.slice(2));
});
