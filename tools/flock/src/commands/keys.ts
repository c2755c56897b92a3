import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API } from "@flock/proto/keys";
import { Command } from "commander";
import { asking } from "../command.js";
import { moment, table } from "../output.js";
import type { Surroundings } from "../surroundings.js";

const version = PROTOCOL_VERSION;

/** `flock keys create | list | revoke`. */
export function keysCommand(surroundings: Surroundings): Command {
  const keys = new Command("keys").description("API keys of clients");
  keys
    .command("create")
    .description("makes a key, and the account if it does not exist yet; the key is shown this once")
    .requiredOption("--account <id>", "account that pays")
    .option("--label <text>", "to tell the key from others", "")
    .action(
      asking<{ account: string; label: string }>(surroundings, async (mesh, _args, { account, label }) => {
        const request = { version, accountId: account, label };
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
        const rows = found.keys.map(({ keyId, createdUnixMs, revokedUnixMs, label }) => [
          keyId,
          moment(createdUnixMs),
          revokedUnixMs === 0 ? "" : moment(revokedUnixMs),
          label,
        ]);
        const none = `account ${account} has no keys\n`;
        return {
          json: found.keys,
          text: rows.length === 0 ? none : table(["key id", "created", "revoked", "label"], rows),
        };
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
