import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";

/** A certificate and its private key, PEM. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Where a certificate and its key lie. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const LIFE_MS = 86_400_000;
/** A clock that is a little behind ours must not find the certificate too young. */
const SKEW_MS = 3_600_000;

/**
 * An authority that issues certificates for tests, with nothing but Node: not every machine has `openssl`. Its
 * certificates live for a day.
 */
export class TestAuthority {
  /** What clients trust, PEM. */
  readonly certificate: string;
  readonly #name = `Test authority ${randomBytes(4).toString("hex")}`;
  readonly #keys = newKeys();

  constructor() {
    const extensions = [extension("551d13", sequence(BOOLEAN_TRUE), true)];
    this.certificate = this.#signed(this.#name, this.#keys.publicKey, extensions, LIFE_MS);
  }

  /**
   * A certificate of these host names and addresses.
   * @param lifeMs How long it is valid from now on; negative: it has expired.
   */
  issue(names: readonly string[], lifeMs = LIFE_MS): TestCertificate {
    const { publicKey, privateKey } = newKeys();
    const extensions = [extension("551d11", sequence(...names.map(alternativeName)), false)];
    return {
      certificate: this.#signed(names[0] ?? "nobody", publicKey, extensions, lifeMs),
      key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    };
  }

  #signed(subject: string, key: KeyObject, extensions: readonly Buffer[], lifeMs: number): string {
    const now = Date.now();
    const body = sequence(
      tagged(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.from([1, ...randomBytes(8)])),
      ECDSA_WITH_SHA256,
      nameOf(this.#name),
      sequence(utcTime(Math.min(now, now + lifeMs) - SKEW_MS), utcTime(now + lifeMs)),
      nameOf(subject),
      key.export({ type: "spki", format: "der" }),
      tagged(0xa3, sequence(...extensions)),
    );
    const signature = sign("sha256", body, this.#keys.privateKey);
    return pem(sequence(body, ECDSA_WITH_SHA256, tagged(0x03, Buffer.of(0), signature)));
  }
}

/** Writes both files into a directory, or over those that are there, as a renewal does. */
export async function writeCertificate(
  directory: string,
  { certificate, key }: TestCertificate,
): Promise<CertificateFiles> {
  const files = { certFile: join(directory, "cert.pem"), keyFile: join(directory, "key.pem") };
  await writeFile(files.keyFile, key, { mode: 0o600 });
  await writeFile(files.certFile, certificate);
  return files;
}

function newKeys() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

/* DER, as far as these certificates need it (X.690; the fields are those of RFC 5280). */

const BOOLEAN_TRUE = Buffer.from("0101ff", "hex");
const ECDSA_WITH_SHA256 = sequence(tagged(0x06, Buffer.from("2a8648ce3d040302", "hex")));

function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(content);
  const { length } = bytes;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), bytes]);
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), bytes]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), bytes]);
}

function sequence(...items: readonly Buffer[]): Buffer {
  return tagged(0x30, ...items);
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function utcTime(unixMs: number): Buffer {
  const digits = new Date(unixMs).toISOString().replaceAll(/[-:T]/g, "");
  return tagged(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}

/** A name that is a common name alone. */
function nameOf(text: string): Buffer {
  const attribute = sequence(tagged(0x06, Buffer.from("550403", "hex")), tagged(0x0c, Buffer.from(text)));
  return sequence(tagged(0x31, attribute));
}

function alternativeName(name: string): Buffer {
  if (isIP(name) === 4) return tagged(0x87, Buffer.from(name.split(".").map(Number)));
  return tagged(0x82, Buffer.from(name));
}

function extension(id: string, value: Buffer, isCritical: boolean): Buffer {
  const critical = isCritical ? [BOOLEAN_TRUE] : [];
  return sequence(tagged(0x06, Buffer.from(id, "hex")), ...critical, tagged(0x04, value));
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
