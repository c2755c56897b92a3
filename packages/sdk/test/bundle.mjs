/**
 * Bundles a program, given on standard input, for a browser, from the sources of all workspaces, and writes it to standard
 * output. Whatever the bundler warns of is an error: a module of Node would be left outside, with a warning. A process of
 * its own, because the bundler does not run in the realm that jest gives its tests.
 */
import { text } from "node:stream/consumers";
import { rolldown } from "rolldown";

const program = await text(process.stdin);
const build = await rolldown({
  input: "page",
  platform: "browser",
  resolve: {
    conditionNames: ["@flock/source", "browser", "import", "default"],
    extensionAlias: { ".js": [".ts", ".js"] },
  },
  plugins: [
    {
      name: "page",
      resolveId: (id) => (id === "page" ? id : null),
      load: (id) => (id === "page" ? program : null),
    },
  ],
  onLog: (_level, { message }) => {
    throw new Error(message);
  },
});
const { output } = await build.generate({ format: "iife", minify: true });
await build.close();
const [{ code, imports }] = output;
if (output.length > 1 || imports.length > 0) throw new Error(`it needs ${imports.join(", ")}`);
process.stdout.write(code);
