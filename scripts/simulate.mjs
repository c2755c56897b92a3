/** `npm run simulate`: lives thousands of workers' lives, and writes what became of them into docs/verification.md. */
import { setup } from "./setup.mjs";
import { become, runScript } from "./step.mjs";

await runScript(async () => {
  await setup();
  await become("test/simulation/dist/main.js", []);
});
