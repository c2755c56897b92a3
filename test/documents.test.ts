import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { configurationModule, withConfigurationTable } from "@flock/configuration";
import type { z } from "zod";
import { contractMarkdown } from "../proto/src/contract-markdown.js";
import { transcriptsMarkdown } from "../tools/flock/src/transcripts/transcripts.js";

/* What documents say that code or other documents must agree with. */

const ROOT = join(import.meta.dirname, "..");
const SERVICE_CONFIG = /^services\/[^/]+\/src\/config\.ts$/;

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(ROOT, path)));
const documents = files.filter((path) => path.endsWith(".md"));

/** A document without its examples, in which nothing is a link or a heading. */
const prose = (path: string) => read(path).replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");

/** The names by which GitHub lets links point at headings. */
function anchorsOf(path: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of prose(path).matchAll(/^#+ (.*)$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = text.replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, "").replaceAll(" ", "-");
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

function faultOf(document: string, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? document : normalize(join(dirname(document), decodeURI(path)));
  if (!existsSync(join(ROOT, target))) return `${document}: ${link}: no such file`;
  if (anchor === undefined || anchorsOf(target).has(anchor)) return undefined;
  return `${document}: ${link}: no such heading`;
}

describe("the documents", () => {
  it("link to files and headings that exist", () => {
    const links = documents.flatMap((document) =>
      [...prose(document).matchAll(/\]\(([^()\s]+)\)/g)].map(([, link = ""]) => ({ document, link })),
    );
    const relative = links.filter(({ link }) => !/^[a-z]+:/.test(link));
    expect(relative.length).toBeGreaterThan(200);
    expect(relative.map(({ document, link }) => faultOf(document, link)).filter(Boolean)).toEqual([]);
  });

  it("name only npm commands that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const unknown = documents.flatMap((document) =>
      [...read(document).matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g)]
        .map(([, name = ""]) => name)
        .filter((name) => !Object.hasOwn(scripts, name))
        .map((name) => `${document}: npm run ${name}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe("a table of configuration", () => {
  const tables = documents.flatMap((document) => {
    const module = configurationModule(read(document));
    return module === undefined ? [] : [{ document, module: normalize(join(dirname(document), module)) }];
  });

  it("is in the README of every service", () => {
    const services = files.filter((path) => SERVICE_CONFIG.test(path));
    expect(services.length).toBeGreaterThanOrEqual(5);
    expect(tables.map(({ module }) => module)).toEqual(expect.arrayContaining(services));
  });

  it.each(tables)("says in $document what $module reads (npm run documents writes it)", async (table) => {
    const { variables } = (await import(join(ROOT, table.module))) as { variables: z.ZodRawShape };
    const readme = read(table.document);
    expect(readme).toBe(withConfigurationTable(readme, variables));
  });
});

/** `NAME=value … node services/<service>/dist/main.js`, over several lines. */
const EXAMPLE = /^((?:[A-Z_]+=\S+(?: \\\n| ))+)node services\/(\w+)\/dist\/main\.js$/gm;

describe("the examples of how a service is started", () => {
  const examples = documents.flatMap((document) =>
    [...read(document).matchAll(EXAMPLE)].map(([, given = "", service = ""], index) => ({
      ...{ document, number: index + 1, service },
      names: [...given.matchAll(/([A-Z_]+)=/g)].map(([, name = ""]) => name.replace(/_URL_FILE$/, "_URL")),
    })),
  );

  it("are there", () => expect(examples.length).toBeGreaterThan(1));

  it.each(examples)(
    "name what $service needs, and nothing that it does not know: $document, $number",
    async (example) => {
      const module = join(ROOT, "services", example.service, "src/config.ts");
      const { variables } = (await import(module)) as { variables: Record<string, z.ZodType> };
      const needed = Object.keys(variables).filter((name) => !variables[name]?.safeParse(undefined).success);
      expect(needed.filter((name) => !example.names.includes(name))).toEqual([]);
      const own = example.names.filter((name) => name.startsWith(`${example.service.toUpperCase()}_`));
      expect(own.filter((name) => variables[name] === undefined)).toEqual([]);
    },
  );
});

describe("the transcripts of the command line", () => {
  it("are what the commands say (npm run documents writes them)", async () => {
    expect(read("docs/cli.md")).toBe(await transcriptsMarkdown());
  });
});

describe("the reference of the public contract", () => {
  const reference = read("docs/proto.md");
  const described = readdirSync(join(ROOT, "proto/flock/public/v1")).map((name) => ({
    name,
    text: read(`proto/flock/public/v1/${name}`),
  }));

  it("is what the contract says (npm run documents writes it)", () => {
    expect(reference).toBe(contractMarkdown());
  });

  it.each(described)("has everything that is declared in $name, with a comment each", ({ text }) => {
    const sections = [...text.matchAll(/^ *(service|message|enum) (\w+)/gm)];
    const lines = [...text.matchAll(/^ *(?:rpc (\w+)\(|[\w. ]*?(\w+) = \d+;$)/gm)];
    expect(sections.length).toBeGreaterThan(0);
    for (const [, kind, name] of sections) {
      const heading = kind === "service" ? `Service ${name}` : `(?:\\w+\\.)?${name}`;
      expect(reference).toMatch(new RegExp(`^### ${heading}\\n\\n\\S`, "m"));
    }
    for (const [, call, field] of lines)
      expect(reference).toMatch(new RegExp(`^\\|.*\`${call ?? field}\` \\|(?:.*\\|)? \\S.* \\|$`, "m"));
  });
});
