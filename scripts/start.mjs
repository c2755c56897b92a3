/** `npm start -- [options]`: sets everything up, then runs the local launcher in this process. */
import { setup } from "./setup.mjs";
import { become, runScript } from "./step.mjs";

await runScript(async () => {
  await setup();
  await become("deploy/local/dist/main.js", process.argv.slice(2));
});
