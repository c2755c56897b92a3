import type { DayStatus, ServiceStatus, Status } from "../../status/status-board.js";

const PERCENT = 100;

/** The state of things as a page that needs no script and no style. */
export function statusPage(status: Status): string {
  const { asOfMs, services, incidents, payouts } = status;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="30">
<title>${escaped(headline(services))}</title>
</head>
<body>
<main>
<h1>${escaped(headline(services))}</h1>
<p>${asOfMs === undefined ? "Nobody has looked yet." : `As of ${time(asOfMs)}. Somebody looks every 30 seconds.`}</p>
<h2>Services</h2>
${table(["Service", "State", "Instances", "Since", "Why"], services.map(serviceRow))}
<h2>Payouts</h2>
<p>${payoutsLine(payouts)}</p>
<h2>Incidents of the last 90 days</h2>
${
  incidents.length === 0
    ? "<p>None was seen.</p>"
    : table(
        ["Service", "Began", "Ended", "What users notice", "What was done"],
        incidents.map(({ service, beganMs, endedMs, effect, done }) => [
          escaped(service),
          time(beganMs),
          endedMs === undefined ? "it goes on" : time(endedMs),
          escaped(effect),
          escaped(done ?? ""),
        ]),
      )
}
<h2>The last 90 days</h2>
${table(["Service", "Days seen", "Of the samples of these days ok", "Days with others"], services.map(daysRow(status.days)))}
<p>The same for programs: <a href="/flock/v1/status">/flock/v1/status</a></p>
</main>
</body>
</html>
`;
}

function headline(services: readonly ServiceStatus[]): string {
  const named = (state: ServiceStatus["state"]) =>
    services.filter((service) => service.state === state).map(({ name }) => name);
  const [down, degraded, unknown] = [named("down"), named("degraded"), named("unknown")];
  if (down.length > 0) return `Down: ${down.join(", ")}`;
  if (degraded.length > 0) return `Degraded: ${degraded.join(", ")}`;
  if (unknown.length > 0) return `Not known: ${unknown.join(", ")}`;
  return "All services answer";
}

function serviceRow({ name, state, instances, sinceMs, note }: ServiceStatus): readonly string[] {
  const since = sinceMs === undefined ? "" : time(sinceMs);
  return [escaped(name), state, instances === undefined ? "" : String(instances), since, escaped(note ?? "")];
}

function payoutsLine(payouts: Status["payouts"]): string {
  if (payouts === undefined) return "Nothing is known of payouts, or this network has none.";
  if (!payouts.isHalted) return "Payouts are made.";
  const since = payouts.sinceMs === undefined ? "" : ` since ${time(payouts.sinceMs)}`;
  return `<strong>Payouts are halted${since}</strong>: ${escaped(payouts.reason ?? "")}`;
}

function daysRow(days: readonly DayStatus[]): (service: ServiceStatus) => readonly string[] {
  return ({ name }) => {
    const seen = days.flatMap(({ day, services }) =>
      services.filter((service) => service.name === name).map(({ ok, samples }) => ({ day, ok, samples })),
    );
    const sum = (of: (each: (typeof seen)[number]) => number) =>
      seen.reduce((total, each) => total + of(each), 0);
    const samples = sum((each) => each.samples);
    // Rounded down: what was not always well is not told to have been.
    const share =
      samples === 0 ? "" : `${Math.floor((sum(({ ok }) => ok) * PERCENT * PERCENT) / samples) / PERCENT} %`;
    const others = seen.filter((each) => each.ok < each.samples).map(({ day }) => day);
    return [escaped(name), `${seen.length} of ${days.length}`, share, others.join(", ")];
  };
}

/** @param rows Of cells that are HTML already. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((text) => `<th scope="col">${text}</th>`).join("");
  const body = rows.map(
    ([first = "", ...others]) =>
      `<tr><th scope="row">${first}</th>${others.map((cell) => `<td>${cell}</td>`).join("")}</tr>`,
  );
  return `<table border="1">\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join("\n")}\n</tbody>\n</table>`;
}

function time(unixMs: number): string {
  const iso = new Date(unixMs).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
