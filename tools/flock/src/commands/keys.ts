import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { FlockError } from "@flock/errors";
import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { remember } from "../completion/memory.js";
import { Fault } from "../faults/fault.js";
import { nearestTo } from "../faults/nearest.js";
import { momentOf, type RightsOptions, rightsOf } from "../key-options.js";
import type { ApiClient } from "../money/api-client.js";
import { inLlama, micro } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { timeOf } from "../output/format.js";
import { listed } from "../output/page.js";
import { facts } from "../output/sheet.js";

const created = z.looseObject({ id: z.string(), api_key: z.string(), account: z.string() });
const keys = z.looseObject({
  keys: z.array(
    z.looseObject({
      id: z.string(),
      label: z.string(),
      created_at: z.string().nullable(),
      revoked_at: z.string().nullable(),
      // An older API says nothing of these.
      scopes: z.array(z.string()).default([]),
      models: z.array(z.string()).nullable().default(null),
      expires_at: z.string().nullable().default(null),
      prefix: z.string().nullable().default(null),
      last_used_at: z.string().nullable().default(null),
      charge_30_days_micro: micro.nullable().default(null),
    }),
  ),
});
const revoked = z.looseObject({ id: z.string() });

const COLUMNS = [
  "key id",
  "label",
  "begins with",
  "last used",
  "LLAMA, 30 days",
  "created",
  "expires",
  "revoked",
  "scopes",
  "models",
];

interface CreateOptions extends RightsOptions {
  readonly label: string;
  readonly out?: string;
}

/** `flock keys create` */
export function createKey(call: Call<CreateOptions>): Promise<Answer> {
  const { options } = call;
  const body = bodyOf(options);
  return withSession(call, async (api) => {
    const made = await api.post("/keys", body, created);
    if (options.out !== undefined) return intoFile(api, made, resolve(options.out));
    return {
      json: made,
      text: facts([
        ["API key", made.api_key],
        ["key id", made.id],
      ]),
      note: "\nKeep the key: it cannot be shown again.\n",
    };
  });
}

/** The key is shown nowhere. One that cannot be kept is of no use to anybody, and revoked. */
async function intoFile(api: ApiClient, made: z.output<typeof created>, file: string): Promise<Answer> {
  try {
    await writeFile(file, `${made.api_key}\n`, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    await api.delete(`/keys/${encodeURIComponent(made.id)}`, revoked);
    throw new FlockError("already_exists", `${file} cannot be made, so the key was revoked`, { cause });
  }
  const { api_key: _secret, ...shown } = made;
  return {
    json: { ...shown, file },
    text: facts([
      ["key id", made.id],
      ["file", file],
    ]),
  };
}

/** What is undefined is not sent. */
function bodyOf(options: CreateOptions) {
  const rights = rightsOf(options);
  return {
    label: options.label,
    scopes: rights.scopes,
    models: rights.models,
    expires_at: rights.expiresUnixMs === undefined ? undefined : new Date(rights.expiresUnixMs).toISOString(),
    budget_day_micro: rights.budgetDayMicro?.toString(),
    budget_month_micro: rights.budgetMonthMicro?.toString(),
    requests_per_minute: rights.requestsPerMinute,
    tokens_per_minute: rights.tokensPerMinute,
    streams_max: rights.streamsMax,
  };
}

/** `flock keys list` */
export function listKeys(call: Call): Promise<Answer> {
  return withSession(call, async (api) => {
    const found = await api.get("/keys", keys);
    const inForce = found.keys.filter(({ revoked_at }) => revoked_at === null);
    await remember(
      call.surroundings.environment,
      "keys",
      inForce.map(({ id }) => id),
    );
    return listed({
      json: found,
      head: COLUMNS,
      rows: found.keys.map((key) => [
        key.id,
        key.label,
        key.prefix ?? "",
        timeOf(key.last_used_at),
        key.charge_30_days_micro === null ? "?" : inLlama(key.charge_30_days_micro),
        timeOf(key.created_at),
        timeOf(key.expires_at),
        timeOf(key.revoked_at),
        key.scopes.join(","),
        key.models?.join(",") ?? "",
      ]),
      right: [4],
      none: "no keys",
    });
  });
}

/** `flock keys change` */
export function changeKey(
  call: Call<{ readonly label?: string; readonly expires?: string }>,
): Promise<Answer> {
  const { label, expires } = call.options;
  const id = call.args[0] ?? "";
  if (label === undefined && expires === undefined)
    throw new FlockError("invalid_argument", "change what? say --label or --expires");
  const end = expires === undefined || expires === "never" ? null : new Date(momentOf(expires)).toISOString();
  const body = {
    ...(label === undefined ? {} : { label }),
    ...(expires === undefined ? {} : { expires_at: end }),
  };
  return withSession(call, async (api) => {
    const done = await known(api, id, api.patch(`/keys/${encodeURIComponent(id)}`, body, revoked));
    return { json: done, text: `key ${done.id} is changed\n` };
  });
}

/** `flock keys revoke` */
export function revokeKey(call: Call): Promise<Answer> {
  const id = call.args[0] ?? "";
  return withSession(call, async (api) => {
    const done = await known(api, id, api.delete(`/keys/${encodeURIComponent(id)}`, revoked));
    return { json: done, text: `key ${done.id} is revoked\n` };
  });
}

/** Names the keys that may have been meant, by id or by label, when there is none of that id. */
async function known<T>(api: ApiClient, typed: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (cause) {
    if (!(cause instanceof FlockError) || cause.code !== "not_found") throw cause;
    const found = await api.get("/keys", keys).catch(() => ({ keys: [] }));
    const near = nearestTo(
      typed,
      found.keys.flatMap(({ id, label }) => [id, ...(label === "" ? [] : [label])]),
    );
    const meant = found.keys.filter(({ id, label }) => near.includes(id) || near.includes(label));
    throw new Fault("not_found", cause.message, {
      nearest: meant.map(({ id, label }) => (label === "" ? id : `${id} (${label})`)),
      advice: "flock keys list shows them",
      cause,
    });
  }
}
