import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API, KeyRights } from "@flock/proto/keys";
import { Command } from "commander";
import { asking } from "../command.js";
import { addRightsOptions, EXPIRES_HELP, momentOf, type RightsOptions, rightsOf } from "../key-options.js";
import { moment, table } from "../output.js";
import type { Surroundings } from "../surroundings.js";

const version = PROTOCOL_VERSION;
const COLUMNS = ["key id", "created", "expires", "revoked", "scopes", "models", "label"];

interface CreateOptions extends RightsOptions {
  readonly account: string;
  readonly label: string;
}

interface ChangeOptions {
  readonly label?: string;
  readonly expires?: string;
}

/** `flock keys create | list | change | revoke`. */
export function keysCommand(surroundings: Surroundings): Command {
  const keys = new Command("keys").description("API keys of clients");
  addRightsOptions(keys.command("create"))
    .description("makes a key, and the account if it does not exist yet; the key is shown this once")
    .requiredOption("--account <id>", "account that pays")
    .option("--label <text>", "to tell the key from others", "")
    .action(
      asking<CreateOptions>(surroundings, async (mesh, _args, { account, label, ...asked }) => {
        const rights = KeyRights.fromPartial(rightsOf(asked));
        const request = { version, accountId: account, label, rights };
        const { keyId, apiKey } = await call(mesh, API.createKey, request);
        return {
          json: { accountId: account, keyId, apiKey, label },
          text: `API key  ${apiKey}\nkey id   ${keyId}\n\nKeep the key: it cannot be shown again.\n`,
        };
      }),
    );
  keys
    .command("list")
    .description("the keys of an account; revoked ones, too")
    .requiredOption("--account <id>", "the account")
    .action(
      asking<{ account: string }>(surroundings, async (mesh, _args, { account }) => {
        const found = await call(mesh, API.listKeys, { version, accountId: account });
        const rows = found.keys.map(({ keyId, createdUnixMs, revokedUnixMs, label, rights }) => [
          keyId,
          moment(createdUnixMs),
          rights?.expiresUnixMs ? moment(rights.expiresUnixMs) : "",
          revokedUnixMs === 0 ? "" : moment(revokedUnixMs),
          rights?.scopes.join(",") ?? "",
          rights?.models.join(",") ?? "",
          label,
        ]);
        const none = `account ${account} has no keys\n`;
        return {
          json: found.keys,
          text: rows.length === 0 ? none : table(COLUMNS, rows),
        };
      }),
    );
  keys
    .command("change")
    .description("gives a key another label, or another end")
    .argument("<key-id>", 'from "flock keys list"')
    .option("--label <text>", "to tell the key from others")
    .option("--expires <time>", `${EXPIRES_HELP}; "never": it does not`)
    .action(
      asking<ChangeOptions>(surroundings, async (mesh, [keyId = ""], { label, expires }) => {
        const expiresUnixMs = expires === undefined || expires === "never" ? 0 : momentOf(expires);
        await call(mesh, API.changeKey, {
          version,
          keyId,
          ...(label === undefined ? {} : { label }),
          ...(expires === undefined ? {} : { end: { expiresUnixMs } }),
        });
        return { json: { keyId, changed: true }, text: `key ${keyId} is changed\n` };
      }),
    );
  keys
    .command("revoke")
    .description("ends a key, everywhere within a second")
    .argument("<key-id>", 'from "flock keys list"')
    .action(
      asking(surroundings, async (mesh, [keyId = ""]) => {
        await call(mesh, API.revokeKey, { version, keyId });
        return { json: { keyId, revoked: true }, text: `key ${keyId} is revoked\n` };
      }),
    );
  return keys;
}
