import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTree, issueWorkerCredentials, readTree, readUser, workerIssuer } from "@flock/access";
import { faultOfWalletAddress, generateIdentity, isIdentityId, loadIdentity, natsKeyOf } from "@flock/keys";
import { parseAddress } from "@flock/solana";
import fc from "fast-check";
import { authenticatorOf } from "../../../packages/mesh/src/nats/credentials.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedText } from "../generators/text.js";
import { mustHold, taken, takenLater } from "../outcome.js";

export const keyTexts = fuzzTarget({
  name: "key-texts",
  about: "JWTs, .creds texts, seeds, addresses, key files and the file of all NATS keys",
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), "flock-fuzz-"));
    const file = join(directory, "file.json");
    const tree = createTree();
    const pass = { workerId: generateIdentity().id, models: "any", lifeSeconds: 600 } as const;
    const creds = await issueWorkerCredentials(workerIssuer(tree), pass);
    const jwt = /eyJ\S+/.exec(creds)?.[0] ?? "";
    const seed = /SU[A-Z2-7]{56}/.exec(creds)?.[0] ?? "";
    const { id, secretKey } = generateIdentity();
    const claims = Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString();
    const key = JSON.stringify([...secretKey()]);
    const onFile = async (text: string, read: (path: string) => Promise<unknown>) => {
      await writeFile(file, text);
      return takenLater(() => read(file));
    };
    const kinds: Record<string, { readonly seeds: readonly string[]; read(text: string): unknown }> = {
      jwt: { seeds: [jwt], read: (text) => taken(() => checkedUser(text)) },
      claims: {
        seeds: [claims],
        read: (text) => taken(() => checkedUser(`x.${Buffer.from(text).toString("base64url")}.x`)),
      },
      creds: {
        seeds: [creds],
        read: (text) => taken(() => authenticatorOf(() => text)("nonce"), ["failed_precondition"]),
      },
      seed: { seeds: [seed], read: (text) => taken(() => natsKeyOf(text).sign(Buffer.from("x"))) },
      address: { seeds: [id, "11111111111111111111111111111111"], read: (text) => checkedAddress(text) },
      "key file": { seeds: [key], read: (text) => onFile(text, loadIdentity) },
      tree: { seeds: [JSON.stringify(tree)], read: (text) => onFile(text, readTree) },
    };
    const inputs = fc
      .constantFrom(...Object.keys(kinds))
      .chain((kind) => fc.record({ kind: fc.constant(kind), text: mutatedText(kinds[kind]?.seeds ?? []) }));
    return {
      inputs,
      probe: async ({ kind, text }) => (await kinds[kind]?.read(text)) !== undefined,
      close: () => rm(directory, { recursive: true }),
    };
  },
});

function checkedUser(text: string): object {
  const user = readUser(text);
  mustHold(typeof user.name === "string" && typeof user.key === "string", "a user without a name or a key");
  return user;
}

function checkedAddress(text: string): string | undefined {
  const address = parseAddress(text);
  mustHold((address !== undefined) === isIdentityId(text), "an address that is none to others");
  return faultOfWalletAddress(text) === undefined ? text : undefined;
}
