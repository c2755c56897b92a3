/** `npm run fuzz [-- options]`: sets everything up, then feeds all that takes bytes from outside; see test/fuzz. */
import { setup } from "./setup.mjs";
import { become, runScript } from "./step.mjs";

await runScript(async () => {
  await setup();
  // From here on this process reads TypeScript.
  await import("../test/fuzz/run/register.mjs");
  await become("test/fuzz/run/main.ts", process.argv.slice(2));
});
