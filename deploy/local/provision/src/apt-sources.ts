/** One source of Debian packages as the machine has it configured. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  /** The keyring for this source, an absolute path or an embedded key's fingerprint; absent: apt's trusted keys. */
  readonly signedBy?: string;
  /** The administrator has told apt to accept this source unsigned. */
  readonly trusted?: true;
}

/**
 * The Debian binary package sources of an apt configuration file that offer the component `main`, in their order.
 * @param format `deb822` for `*.sources` files, `one-line` for `sources.list` and `*.list` (see sources.list(5)).
 */
export function parseAptSources(text: string, format: "deb822" | "one-line"): AptSource[] {
  return format === "deb822" ? parseDeb822(text) : parseOneLine(text);
}

/** Suite names that mean Debian's own archive on any release. */
const GENERIC_SUITES = ["oldstable", "stable", "testing", "unstable", "sid"];

/**
 * The mirrors that carry Debian's own archive, each once: those configured for the machine's release itself
 * (`VERSION_CODENAME` in os-release(5), for example `bookworm`) or for a generic suite. Security and updates archives
 * and vendors' own do not carry other suites.
 */
export function mainArchives(sources: readonly AptSource[], codename: string): AptSource[] {
  const main = sources.filter(({ suite }) => suite === codename || GENERIC_SUITES.includes(suite));
  return main.filter((source, index) => main.findIndex(({ uri }) => uri === source.uri) === index);
}

/** The same source for another suite, as one line for a `sources.list`. */
export function sourceLine(source: AptSource, suite: string): string {
  const options = [
    ...(source.signedBy === undefined ? [] : [`signed-by=${source.signedBy}`]),
    ...(source.trusted === undefined ? [] : ["trusted=yes"]),
  ];
  const bracketed = options.length === 0 ? "" : `[${options.join(" ")}] `;
  return `deb ${bracketed}${source.uri} ${suite} main`;
}

function parseDeb822(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = deb822Fields(stanza);
    const words = (name: string) =>
      fields
        .get(name)
        ?.split(/\s+/)
        .filter((word) => word !== "") ?? [];
    if (fields.get("enabled")?.toLowerCase() === "no" || !words("types").includes("deb")) return [];
    if (!words("components").includes("main")) return [];
    const [signedBy] = words("signed-by");
    return words("uris").flatMap((uri) =>
      words("suites").map((suite) => ({
        uri,
        suite,
        // An inline key block cannot be put on one line; without it apt falls back on its trusted keys.
        ...(signedBy !== undefined && !signedBy.startsWith("-----") ? { signedBy } : {}),
        ...(fields.get("trusted")?.toLowerCase() === "yes" ? { trusted: true as const } : {}),
      })),
    );
  });
}

/** Field names in lower case; a line that begins with a blank continues the one before it. */
function deb822Fields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let current = "";
  for (const line of stanza.split("\n")) {
    if (line.startsWith("#")) continue;
    const match = /^([A-Za-z][A-Za-z0-9-]*):\s*(.*)$/.exec(line);
    if (match?.[1] !== undefined) {
      current = match[1].toLowerCase();
      fields.set(current, match[2] ?? "");
    } else if (current !== "") fields.set(current, `${fields.get(current)} ${line.trim()}`);
  }
  return fields;
}

function parseOneLine(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    const [, options, uri, suite, components] = match ?? [];
    if (uri === undefined || suite === undefined || !components?.split(/\s+/).includes("main")) return [];
    const settings = options?.split(/\s+/) ?? [];
    const signedBy = settings.find((setting) => setting.startsWith("signed-by="))?.slice("signed-by=".length);
    return [
      {
        uri,
        suite,
        ...(signedBy === undefined ? {} : { signedBy }),
        ...(settings.includes("trusted=yes") ? { trusted: true as const } : {}),
      },
    ];
  });
}
