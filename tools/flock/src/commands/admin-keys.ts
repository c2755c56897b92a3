import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API, KeyRights } from "@flock/proto/keys";
import type { Answer, Call } from "../command.js";
import { momentOf, type RightsOptions, rightsOf } from "../key-options.js";
import { asking } from "../mesh-access.js";
import { moment } from "../output/format.js";
import { listed } from "../output/page.js";
import { facts } from "../output/sheet.js";

const version = PROTOCOL_VERSION;

interface CreateOptions extends RightsOptions {
  readonly account: string;
  readonly label: string;
}

interface ChangeOptions {
  readonly label?: string;
  readonly expires?: string;
}

/** `flock admin keys create` */
export async function createKeyOf(command: Call<CreateOptions>): Promise<Answer> {
  const { account, label, ...asked } = command.options;
  const rights = KeyRights.fromPartial(rightsOf(asked));
  const request = { version, accountId: account, label, rights };
  const { keyId, apiKey } = await asking(command, (mesh) => call(mesh, API.createKey, request));
  return {
    json: { accountId: account, keyId, apiKey, label },
    text: facts([
      ["API key", apiKey],
      ["key id", keyId],
    ]),
    note: "\nKeep the key: it cannot be shown again.\n",
  };
}

/** `flock admin keys list` */
export async function listKeysOf(command: Call<{ readonly account: string }>): Promise<Answer> {
  const { account } = command.options;
  const found = await asking(command, (mesh) => call(mesh, API.listKeys, { version, accountId: account }));
  return listed({
    json: found.keys,
    head: ["key id", "label", "created", "expires", "revoked", "scopes", "models"],
    rows: found.keys.map(({ keyId, createdUnixMs, revokedUnixMs, label, rights }) => [
      keyId,
      label,
      moment(createdUnixMs),
      rights?.expiresUnixMs ? moment(rights.expiresUnixMs) : "",
      revokedUnixMs === 0 ? "" : moment(revokedUnixMs),
      rights?.scopes.join(",") ?? "",
      rights?.models.join(",") ?? "",
    ]),
    none: `account ${account} has no keys`,
  });
}

/** `flock admin keys change` */
export async function changeAnyKey(command: Call<ChangeOptions>): Promise<Answer> {
  const { label, expires } = command.options;
  const keyId = command.args[0] ?? "";
  const expiresUnixMs = expires === undefined || expires === "never" ? 0 : momentOf(expires);
  const request = {
    version,
    keyId,
    ...(label === undefined ? {} : { label }),
    ...(expires === undefined ? {} : { end: { expiresUnixMs } }),
  };
  await asking(command, (mesh) => call(mesh, API.changeKey, request));
  return { json: { keyId, changed: true }, text: `key ${keyId} is changed\n` };
}

/** `flock admin keys revoke` */
export async function revokeAnyKey(command: Call): Promise<Answer> {
  const keyId = command.args[0] ?? "";
  await asking(command, (mesh) => call(mesh, API.revokeKey, { version, keyId }));
  return { json: { keyId, revoked: true }, text: `key ${keyId} is revoked\n` };
}
