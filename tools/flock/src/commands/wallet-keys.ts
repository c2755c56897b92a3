import { Command } from "commander";
import { z } from "zod";
import { printing } from "../command.js";
import { addRightsOptions, type RightsOptions, rightsOf } from "../key-options.js";
import { withSession } from "../money/session.js";
import { table } from "../output.js";
import type { Surroundings } from "../surroundings.js";

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
    }),
  ),
});
const revoked = z.looseObject({ id: z.string() });

const COLUMNS = ["key id", "created", "expires", "revoked", "scopes", "models", "label"];

interface KeyOptions extends RightsOptions {
  readonly label: string;
}

/** `flock wallet key`, `keys`, `revoke-key`: API keys of the wallet's own account, over the HTTP API. */
export function walletKeyCommands(surroundings: Surroundings): readonly Command[] {
  return [create(surroundings), list(surroundings), revoke(surroundings)];
}

function create(surroundings: Surroundings): Command {
  return addRightsOptions(new Command("key"))
    .description("makes an API key of the wallet's account; it is shown this once")
    .option("--label <text>", "to tell the key from others", "")
    .action(
      printing<KeyOptions>(surroundings, (_args, options) =>
        withSession(options, surroundings, async (api) => {
          const made = await api.post("/keys", bodyOf(options), created);
          return {
            json: made,
            text: `API key  ${made.api_key}\nkey id   ${made.id}\n\nKeep the key: it cannot be shown again.\n`,
          };
        }),
      ),
    );
}

/** What is undefined is not sent. */
function bodyOf(options: KeyOptions) {
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

function list(surroundings: Surroundings): Command {
  return new Command("keys").description("the API keys of the wallet's account; revoked ones, too").action(
    printing(surroundings, (_args, options) =>
      withSession(options, surroundings, async (api) => {
        const found = await api.get("/keys", keys);
        const rows = found.keys.map((key) => [
          key.id,
          dateOf(key.created_at),
          dateOf(key.expires_at),
          dateOf(key.revoked_at),
          key.scopes.join(","),
          key.models?.join(",") ?? "",
          key.label,
        ]);
        const text = table(COLUMNS, rows);
        return { json: found, text: rows.length === 0 ? "no keys\n" : text };
      }),
    ),
  );
}

function revoke(surroundings: Surroundings): Command {
  return new Command("revoke-key")
    .description("ends an API key of the wallet's account, everywhere within a second")
    .argument("<key-id>", 'from "flock wallet keys"')
    .action(
      printing(surroundings, (args, options) =>
        withSession(options, surroundings, async (api) => {
          const done = await api.delete(`/keys/${encodeURIComponent(args[0] ?? "")}`, revoked);
          return { json: done, text: `key ${done.id} is revoked\n` };
        }),
      ),
    );
}

function dateOf(time: string | null): string {
  return time?.replace("T", " ").slice(0, 19) ?? "";
}
