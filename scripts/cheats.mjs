/** `npm run cheats`: has every known cheat work on real engines, and writes what was found into docs/verification.md. */
import { setup } from "./setup.mjs";
import { become, runScript } from "./step.mjs";

await runScript(async () => {
  await setup();
  await become("test/adversaries/dist/main.js", process.argv.slice(2));
});
