import { FlockError } from "@flock/errors";
import { enterBlock, insertLines, lineOf, removeBlock } from "./marked-lines.js";
import type { Edit, Plan, Wishes } from "./tool.js";
import type { Profile, ToolPlaces } from "./tool-places.js";

/*
 * Tools that are told by variables alone. A file has the variables, for its owner's eyes; a shell loads it, by a line
 * that people type or, with --profile, by lines in the profile. So the key stands in one place, and the profile, which
 * people publish, has none.
 *
 * The file is NAME=value without quotes: sh, Docker's --env-file, Compose's env_file and dotenv read that alike.
 */

/** An edit that has a file of variables say these; one of them that somebody else has set there is refused. */
export function variableEdit(tool: string, file: string, variables: Readonly<Record<string, string>>): Edit {
  const names = Object.keys(variables);
  return {
    file,
    marking: "marked-lines",
    entries: names.join(", "),
    holdsKey: true,
    enter: (present) => {
      const base = removeBlock(present, tool);
      const other = new RegExp(`^[ \\t]*(?:export[ \\t]+)?(${names.join("|")})[ \\t]*=`, "m").exec(base);
      if (other !== null) {
        const what = `${file}, line ${lineOf(base, other.index)}: ${other[1]} is yours and is left as it is`;
        throw new FlockError("failed_precondition", `${what}; put a # in front of it and do this again`);
      }
      const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
      return { text: enterBlock(present, tool, (text) => insertLines(text, tool, lines)), notes: [] };
    },
  };
}

/** The file of a tool's variables, and how a shell gets to know them. */
export function variablesPlan(
  tool: string,
  variables: Readonly<Record<string, string>>,
  places: ToolPlaces,
  { isProfileWanted }: Wishes,
): Plan {
  const file = places.join(places.flockFolder, `${tool}.env`);
  const edits = [variableEdit(tool, file, variables)];
  const overridden = Object.keys(variables).filter((name) =>
    isOther(places.environment[name], variables[name]),
  );
  const notes = overridden.map((name) => `Your environment has another ${name}: this one takes its place.`);
  if (!isProfileWanted) return { edits, steps: [...notes, ...loadingSteps(file, places)] };
  if (places.profile === undefined)
    throw new FlockError(
      "failed_precondition",
      `which profile PowerShell reads, it alone knows: put the line there yourself (notepad $PROFILE): ${powershell(file)}`,
    );
  const steps = [...notes, "Shells that are started from now on have the variables."];
  return { edits: [...edits, profileEdit(tool, file, places.profile)], steps };
}

function isOther(present: string | undefined, ours: string | undefined): boolean {
  return present !== undefined && present !== "" && present !== ours;
}

function loadingSteps(file: string, { platform, profile }: ToolPlaces): string[] {
  if (platform === "win32") return [`In PowerShell, load it: ${powershell(file)}`];
  return [`In your shell, load it: ${loading(file, profile?.shell ?? "sh")}`];
}

function profileEdit(tool: string, file: string, { file: profile, shell }: Profile): Edit {
  const line =
    shell === "fish"
      ? `test -r ${quoted(file)}; and ${loading(file, shell)}`
      : `if [ -r ${quoted(file)} ]; then ${loading(file, shell)}; fi`;
  return {
    file: profile,
    marking: "marked-lines",
    entries: `a line that loads ${file}`,
    holdsKey: false,
    enter: (present) => {
      if (/\\\r?\n?$/.test(removeBlock(present, tool)))
        throw new FlockError(
          "failed_precondition",
          `${profile} ends in the middle of a line; it is left as it is`,
        );
      return { text: enterBlock(present, tool, (text) => insertLines(text, tool, [line])), notes: [] };
    },
  };
}

function loading(file: string, shell: Profile["shell"]): string {
  if (shell === "fish") return `export (string match --invert --regex '^#' < ${quoted(file)})`;
  return `set -a; . ${quoted(file)}; set +a`;
}

function powershell(file: string): string {
  const path = `'${file.replaceAll("'", "''")}'`;
  return `Get-Content ${path} | ? { $_ -notmatch '^#' } | % { $n, $v = $_ -split '=', 2; Set-Item "Env:$n" $v }`;
}

/** One word of a shell; fish and sh agree on it but for the backslash, which sh takes as it is. */
export function quoted(path: string): string {
  return `'${path.replaceAll("'", `'"'"'`)}'`;
}
