/** `npm start -- [options]`: sets everything up, then runs the local launcher in this process. */
import { setup } from "./setup.mjs";
import { become, runScript } from "./step.mjs";

const { NATS_URL: natsUrl } = process.env;

await runScript(async () => {
  await setup({ needsNats: !natsUrl });
  await become("deploy/local/launcher/dist/main.js", process.argv.slice(2));
});
