import { createPublicKey, verify } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { base58 } from "@scure/base";
import { generateIdentity, identityFromSecretKey, identityFromSeed, verifySignature } from "./ed25519.js";
import { isIdentityId } from "./identity-id.js";
import { createIdentity, loadIdentity, loadOrCreateIdentity } from "./key-file.js";
import { checkSignature } from "./web-signature.js";

const message = Buffer.from("flock");

/** The canonical ones that are somebody's address, or a sign apart from it: of order 1, 2, 4, 8 and 8. */
const SMALL_ORDER = [
  `01${"00".repeat(31)}`,
  `ec${"ff".repeat(30)}7f`,
  "00".repeat(32),
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];

describe("Identity", () => {
  it("signs what its id verifies, and nothing else does, with Node and without", async () => {
    const [a, b] = [generateIdentity(), generateIdentity()];
    const signature = a.sign(message);
    const cases: readonly [string, Uint8Array, Uint8Array, boolean][] = [
      [a.id, message, signature, true],
      [b.id, message, signature, false],
      [a.id, Buffer.from("flocks"), signature, false],
      ["not a key", message, signature, false],
      // On no point of the curve.
      ["8qbHbw2BbbTHBW1sbeqakYXVKRQM8Ne7pLK7m6CVfeR", message, signature, false],
      [a.id, message, signature.subarray(1), false],
    ];
    for (const [id, text, signed, isValid] of cases) {
      expect([id, verifySignature(id, text, signed)]).toEqual([id, isValid]);
      expect([id, await checkSignature(id, text, signed)]).toEqual([id, isValid ? "valid" : "invalid"]);
    }
  });

  it("comes from its seed, which is the first half of its secret key", () => {
    const identity = generateIdentity();
    const again = identityFromSeed(identity.secretKey().subarray(0, 32));
    expect(again.id).toBe(identity.id);
    expect(verifySignature(identity.id, message, again.sign(message))).toBe(true);
    expect(() => identityFromSeed(new Uint8Array(31))).toThrow("a seed has 32 bytes, not 31");
  });

  it.each(SMALL_ORDER)("is not whoever signs for the point of small order %s: everybody can", async (hex) => {
    const bytes = Buffer.from(hex, "hex");
    const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes]);
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    // R the neutral point, S zero: OpenSSL takes it for every message whose hash is a multiple of the point's order.
    const forged = Buffer.alloc(64);
    forged[0] = 1;
    const messages = Array.from({ length: 200 }, (_, index) => Buffer.from(`pay me ${index}`));
    expect(messages.some((text) => verify(null, text, key, forged))).toBe(true);
    expect(messages.filter((text) => verifySignature(base58.encode(bytes), text, forged))).toEqual([]);
    const checks = messages.map((text) => checkSignature(base58.encode(bytes), text, forged));
    expect(new Set(await Promise.all(checks))).toEqual(new Set(["invalid"]));
  });

  it("is the same again from its secret key, as known from RFC 8032 test 1", () => {
    const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
    const publicKey = Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex");
    const identity = identityFromSecretKey(Buffer.concat([seed, publicKey]));
    expect(Buffer.from(identity.sign(new Uint8Array())).toString("hex")).toMatch(
      /^e5564300c360ac729086e2cc806e828a84877f1e/,
    );
    expect(isIdentityId(identity.id)).toBe(true);
    expect(Buffer.from(identity.secretKey())).toEqual(Buffer.concat([seed, publicKey]));
  });

  it("refuses a secret key whose halves do not belong together", () => {
    const [a, b] = [generateIdentity().secretKey(), generateIdentity().secretKey()];
    expect(() => identityFromSecretKey(Buffer.concat([a.subarray(0, 32), b.subarray(32)]))).toThrow(
      "does not belong",
    );
  });
});

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "flock-keys-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("createIdentity", () => {
  it("makes a key file for its owner alone, once, and leaves nothing else behind", async () => {
    const path = join(directory, "wallet.json");
    const made = await Promise.allSettled([createIdentity(path), createIdentity(path), createIdentity(path)]);
    const created = made.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : []));
    expect(created).toEqual([(await loadIdentity(path)).id]);
    await expect(createIdentity(path)).rejects.toMatchObject({ code: "already_exists" });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(["wallet.json"]);
  });

  it("makes a folder for it that is its owner's alone", async () => {
    await createIdentity(join(directory, "keys", "wallet.json"));
    expect((await stat(join(directory, "keys"))).mode & 0o777).toBe(0o700);
  });
});

describe("loadIdentity", () => {
  it("reads a key file and leaves it as it is", async () => {
    const path = join(directory, "treasury.json");
    const { id } = await createIdentity(path);
    await chmod(path, 0o440);
    expect((await loadIdentity(path)).id).toBe(id);
    expect((await stat(path)).mode & 0o777).toBe(0o440);
  });

  it("makes no key where there is none, and says which of the two it is", async () => {
    const path = join(directory, "none.json");
    await expect(loadIdentity(path)).rejects.toMatchObject({
      code: "not_found",
      message: `there is no key file ${path}`,
    });
    await expect(loadIdentity(directory)).rejects.toMatchObject({
      code: "failed_precondition",
      message: `the key file ${directory} cannot be read`,
    });
    expect(await readdir(directory)).toEqual([]);
  });

  it("shows nothing of a file that is no key file", async () => {
    const path = join(directory, "bad.json");
    await writeFile(path, "[1, 2, secret]");
    const refusal: unknown = await loadIdentity(path).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "invalid_argument" });
    expect(inspect(refusal)).not.toContain("secret]");
  });
});

describe("loadOrCreateIdentity", () => {
  it("creates a private key file once and then keeps it", async () => {
    const path = join(directory, "deep", "worker.json");
    const [first, second] = await Promise.all([loadOrCreateIdentity(path), loadOrCreateIdentity(path)]);
    expect(second.id).toBe(first.id);
    expect((await loadOrCreateIdentity(path)).id).toBe(first.id);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path, "utf8"))).toHaveLength(64);
  });

  it.each(["", "{}", "[1,2]", JSON.stringify(Array(64).fill(256))])(
    "refuses the file %j",
    async (content) => {
      const path = join(directory, "bad.json");
      await writeFile(path, content);
      await expect(loadOrCreateIdentity(path)).rejects.toThrow("not a Solana key file");
    },
  );
});
