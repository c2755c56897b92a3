/** `npm run flock -- <command>`: sets everything up, then runs the command line tool in this process. */
import { setup } from "./setup.mjs";
import { become, runScript } from "./step.mjs";

await runScript(async () => {
  await setup();
  await become("tools/flock/dist/main.js", process.argv.slice(2));
});
