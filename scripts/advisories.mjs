/** What a registry's advisories mean for this repository: the rules of `npm run audit`, without the asking. */

const SERIOUS = new Set(["high", "critical"]);

/**
 * The report in what `npm audit --json` wrote, or why there is none: its words may hold the registry's address, and are
 * not repeated.
 * @param {string} output
 * @returns {{ report?: object, reason?: string }}
 */
export function readReport(output) {
  let answer;
  try {
    answer = JSON.parse(output);
  } catch {
    return { reason: "npm did not answer in JSON" };
  }
  if (typeof answer?.vulnerabilities === "object") return { report: answer };
  const code = answer?.error?.code ?? answer?.statusCode ?? "no vulnerabilities in its answer";
  return { reason: `the registry gave no advisories (${code})` };
}

/**
 * What is wrong: serious advisories that nobody has allowed, and entries that are over, malformed, or of no use.
 * @param {{ vulnerabilities: Record<string, { via: (string | { url: string, title: string, severity: string })[] }> }} report
 * @param {readonly { advisory: string, package: string, reason: string, until: string }[]} allowed
 * @param {string} today as 2026-01-31
 */
export function findings(report, allowed, today) {
  const found = new Map();
  for (const [name, { via }] of Object.entries(report.vulnerabilities))
    for (const advisory of via)
      if (typeof advisory === "object" && SERIOUS.has(advisory.severity))
        found.set(
          `${advisory.url} ${name}`,
          `${name}: ${advisory.severity}: ${advisory.title} (${advisory.url})`,
        );
  const current = allowed.filter((entry) => faultOfEntry(entry, today) === undefined);
  const isAllowed = new Set(current.map((entry) => `${entry.advisory} ${entry.package}`));
  return [
    ...[...found].filter(([key]) => !isAllowed.has(key)).map(([, text]) => text),
    ...allowed.map((entry) => faultOfEntry(entry, today)).filter((fault) => fault !== undefined),
    ...current
      .filter((entry) => !found.has(`${entry.advisory} ${entry.package}`))
      .map(
        (entry) => `${entry.advisory} of ${entry.package} is allowed, and is no finding any more: remove it`,
      ),
  ];
}

/** What is wrong with an entry of what is allowed; undefined: nothing. */
export function faultOfEntry(entry, today) {
  const { advisory, package: name, reason, until } = entry;
  const isWhole = [advisory, name, reason].every((text) => typeof text === "string" && text.trim() !== "");
  if (!isWhole || !/^\d{4}-\d\d-\d\d$/.test(until ?? ""))
    return `what is allowed needs advisory, package, reason and until (a day): ${JSON.stringify(entry)}`;
  return until < today ? `${advisory} of ${name} was allowed until ${until}` : undefined;
}
