import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API } from "@flock/proto/keys";
import type { Answer, Call } from "../command.js";
import { asking } from "../mesh-access.js";
import { moment } from "../output/format.js";
import { listed } from "../output/page.js";

const version = PROTOCOL_VERSION;

/** `flock admin incidents list` */
export async function listIncidents(command: Call): Promise<Answer> {
  const { incidents } = await asking(command, (mesh) => call(mesh, API.listIncidents, { version }));
  return listed({
    json: incidents.map(({ incidentId, service, beganUnixMs, endedUnixMs, effect, done }) => ({
      ...{ incidentId, service, effect },
      began: new Date(beganUnixMs).toISOString(),
      ended: endedUnixMs === 0 ? null : new Date(endedUnixMs).toISOString(),
      done: done === "" ? null : done,
    })),
    head: ["incident", "service", "began (UTC)", "ended (UTC)", "effect", "done"],
    rows: incidents.map(({ incidentId, service, beganUnixMs, endedUnixMs, effect, done }) => [
      ...[incidentId, service, moment(beganUnixMs)],
      ...[endedUnixMs === 0 ? "goes on" : moment(endedUnixMs), effect, done],
    ]),
    none: "no incident in the last 90 days",
  });
}

interface OpenOptions {
  readonly effect: string;
  readonly down?: boolean;
}

/** `flock admin incidents open` */
export async function openIncident(command: Call<OpenOptions>): Promise<Answer> {
  const { effect, down = false } = command.options;
  const service = command.args[0] ?? "";
  const request = { version, service, effect, isDown: down };
  const { incidentId } = await asking(command, (mesh) => call(mesh, API.openIncident, request));
  return {
    json: { incidentId, service },
    text: `${incidentId}\n`,
    note: "It is told at /status until it is closed.\n",
  };
}

/** `flock admin incidents done` */
export async function writeDone(command: Call): Promise<Answer> {
  const [incidentId = "", done = ""] = command.args;
  const request = { version, incidentId, done, ends: false };
  await asking(command, (mesh) => call(mesh, API.changeIncident, request));
  return { json: { incidentId, done }, text: `what was done about ${incidentId} is told at /status\n` };
}

/** `flock admin incidents close` */
export async function closeIncident(command: Call<{ readonly done?: string }>): Promise<Answer> {
  const [incidentId = ""] = command.args;
  const { done } = command.options;
  const request = { version, incidentId, ends: true, ...(done === undefined ? {} : { done }) };
  await asking(command, (mesh) => call(mesh, API.changeIncident, request));
  return { json: { incidentId, closed: true }, text: `incident ${incidentId} is over\n` };
}
