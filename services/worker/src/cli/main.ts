#!/usr/bin/env node
import { createRequire } from "node:module";

/*
 * What every Node can read, also one that is too old for the rest: it is to say so in a sentence. So nothing else is
 * imported before.
 */

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
}

const manifest = createRequire(import.meta.url)("../../package.json") as Manifest;
const [major = 0, minor = 0] = (manifest.engines.node.match(/\d+/g) ?? []).map(Number);
const [ownMajor = 0, ownMinor = 0] = process.versions.node.split(".").map(Number);

if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
  process.stderr.write(
    `flock-worker: this is Node ${process.versions.node}, and the worker needs ${major}.${minor} or newer.\n` +
      "Install a current Node (https://nodejs.org) and try again.\n",
  );
  process.exitCode = 1;
} else {
  const { runCli } = await import("./run-cli.js");
  process.exitCode = await runCli(process.argv.slice(2), process, manifest.version);
}
