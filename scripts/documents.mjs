/**
 * `npm run documents`: writes what documents have from the code: docs/parameters.md, docs/proto.md, docs/cli.md, and in each README
 * the table of its program's variables. Tests compare all of it, so the result is to be committed with what it describes.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./environment.mjs";
import { setup } from "./setup.mjs";
import { runScript } from "./step.mjs";

const ROOMS = ["packages", "services", "deploy/local"];

const built = (path) => import(pathToFileURL(join(ROOT, path)).href);

await runScript(async () => {
  await setup({ needsNats: false });
  const { parametersMarkdown } = await built("packages/parameters/dist/parameters-markdown.js");
  write("docs/parameters.md", parametersMarkdown());
  const { contractMarkdown } = await built("proto/dist/contract-markdown.js");
  write("docs/proto.md", contractMarkdown());
  const { transcriptsMarkdown } = await built("tools/flock/dist/transcripts/transcripts.js");
  write("docs/cli.md", await transcriptsMarkdown());
  const { configurationModule, withConfigurationTable } = await built("packages/configuration/dist/index.js");
  for (const folder of ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room)).map((name) => `${room}/${name}`),
  )) {
    const file = `${folder}/README.md`;
    if (!existsSync(join(ROOT, file))) continue;
    const readme = readFileSync(join(ROOT, file), "utf8");
    const source = configurationModule(readme);
    if (source === undefined) continue;
    const module = source.replace(/^src\//, "dist/").replace(/\.ts$/, ".js");
    const { variables } = await built(`${folder}/${module}`);
    write(file, withConfigurationTable(readme, variables));
  }
});

function write(file, text) {
  writeFileSync(join(ROOT, file), text);
  process.stdout.write(`${file}\n`);
}
