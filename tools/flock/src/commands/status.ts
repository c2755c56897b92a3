import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { readModels } from "../models.js";
import { type ApiClient, apiClientOf, isUnknownPath } from "../money/api-client.js";
import { timeOf } from "../output/format.js";
import { facts, table } from "../output/sheet.js";

const network = z.looseObject({
  chain: z.string().nullable(),
  genesis_hash: z.string().nullable(),
  // An older API says nothing of these.
  live: z
    .looseObject({
      workers: z.number().nullable(),
      slots: z.looseObject({ all: z.number(), busy: z.number() }).nullable(),
      waiting: z.number().nullable(),
      tokens_per_second: z.number().nullable(),
    })
    .nullable()
    .default(null),
  guests: z.looseObject({ requests_per_minute: z.number() }).nullable().default(null),
});

const status = z.looseObject({
  services: z.array(
    z.looseObject({
      name: z.string(),
      state: z.string(),
      since: z.string().nullable(),
      note: z.string().nullable(),
    }),
  ),
  incidents: z.array(
    z.looseObject({ service: z.string(), ended_at: z.string().nullable(), effect: z.string() }),
  ),
  payouts: z
    .looseObject({ halted: z.boolean(), reason: z.string().nullable(), since: z.string().nullable() })
    .nullable(),
});
type Status = z.output<typeof status>;

/** `flock status` */
export async function showStatus(call: Call): Promise<Answer> {
  const api = await apiClientOf(call);
  const [about, told, { models }] = await Promise.all([
    api.get("/network", network),
    statusOf(api),
    readModels(api),
  ]);
  const available = models.filter(({ is_available }) => is_available).length;
  const { live } = about;
  const known = [
    ["network", api.baseUrl],
    ["chain", about.chain === null ? "none" : `${about.chain}, genesis ${about.genesis_hash}`],
    ["models", `${available} of ${models.length} can be used now`],
    ["workers", live === null ? "?" : String(live.workers ?? "?")],
    ["slots busy", live?.slots ? `${live.slots.busy} of ${live.slots.all}` : "?"],
    ["requests waiting", String(live?.waiting ?? "?")],
    ["tokens a second", live?.tokens_per_second?.toFixed(0) ?? "?"],
    [
      "guests",
      about.guests === null ? "not served" : `${about.guests.requests_per_minute} requests a minute`,
    ],
    ["payouts", payoutsOf(told)],
  ];
  const open = told?.incidents.filter(({ ended_at }) => ended_at === null) ?? [];
  return {
    json: {
      url: api.baseUrl,
      network: about,
      status: told ?? null,
      models: { all: models.length, available },
    },
    text: [
      facts(known),
      ...(told === undefined
        ? []
        : [
            "\n",
            table(
              ["service", "state", "since (UTC)", "note"],
              told.services.map((each) => [each.name, each.state, timeOf(each.since), each.note ?? ""]),
            ),
          ]),
      ...open.map(({ service, effect }) => `incident, ${service}: ${effect}\n`),
    ],
  };
}

/** An older API does not tell. */
async function statusOf(api: ApiClient): Promise<Status | undefined> {
  return api.get("/status", status).catch((error: unknown) => {
    if (isUnknownPath(error)) return undefined;
    throw error;
  });
}

function payoutsOf(told: Status | undefined): string {
  if (told === undefined) return "?";
  if (told.payouts === null) return "none here";
  return told.payouts.halted
    ? `halted since ${timeOf(told.payouts.since)}: ${told.payouts.reason ?? "?"}`
    : "run";
}
