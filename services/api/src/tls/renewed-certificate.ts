import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { FlockError } from "@flock/errors";
import { delay, type Part } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { ApiMetrics } from "../metrics.js";

/** Which files have a certificate (with its chain) and its key, PEM, and which door they are for. */
export interface CertificateFiles {
  readonly door: "http" | "grpc";
  readonly certificate: string;
  readonly key: string;
}

/** What a server with TLS is made with, and with which it is told of a renewal. */
export interface CertificateContext {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: "TLSv1.2";
}

export interface RenewedCertificateOptions {
  readonly files: CertificateFiles;
  readonly logger: Logger;
  readonly metrics: Pick<ApiMetrics, "certificateExpires">;
  /** How often the files are looked at. */
  readonly intervalMs: number;
}

/**
 * A certificate that is read anew when its files change, so that a renewal needs no restart: new connections get the
 * new one. Files that cannot be used (a renewal that is half written) change nothing, and are tried again.
 *
 * The files are read and not watched: a mounted secret is renewed by a link far above them, of which no watch tells.
 */
export class RenewedCertificate implements Part {
  readonly name: string;
  readonly #options: RenewedCertificateOptions;
  readonly #listeners: ((context: CertificateContext) => void)[] = [];
  #context: CertificateContext;

  private constructor(options: RenewedCertificateOptions, context: CertificateContext) {
    this.#options = options;
    this.name = `certificate for ${options.files.door}`;
    this.#context = context;
    options.metrics.certificateExpires(options.files.door, () => expiryOf(this.#context));
  }

  /** @throws FlockError `invalid_argument` that names the variables, if the files cannot be used. */
  static async load(options: RenewedCertificateOptions): Promise<RenewedCertificate> {
    return new RenewedCertificate(options, await read(options.files));
  }

  get context(): CertificateContext {
    return this.#context;
  }

  whenRenewed(listener: (context: CertificateContext) => void): void {
    this.#listeners.push(listener);
  }

  async start(stop: AbortSignal): Promise<void> {
    const { files, logger, intervalMs } = this.#options;
    let failure = "";
    while (!stop.aborted) {
      await delay(intervalMs, stop);
      try {
        const context = await read(files);
        failure = "";
        if (context.cert.equals(this.#context.cert) && context.key.equals(this.#context.key)) continue;
        this.#context = context;
        for (const listener of this.#listeners) listener(context);
        logger.info({ door: files.door, expires: expiryOf(context) }, "the certificate was renewed");
      } catch (error) {
        const { message } = FlockError.from(error);
        if (message !== failure) logger.warn({ reason: message }, "the last good certificate stays in use");
        failure = message;
      }
    }
  }
}

async function read(files: CertificateFiles): Promise<CertificateContext> {
  const prefix = files.door === "http" ? "API_TLS" : "API_GRPC_TLS";
  const [cert, key] = [
    await contentOf(`${prefix}_CERT_FILE`, files.certificate),
    await contentOf(`${prefix}_KEY_FILE`, files.key),
  ];
  const context = { cert, key, minVersion: "TLSv1.2" } as const;
  try {
    createSecureContext(context);
  } catch {
    // Without the cause: it could show a piece of the key.
    const message = `${prefix}_CERT_FILE, ${prefix}_KEY_FILE: are no certificate and its key, PEM`;
    throw new FlockError("invalid_argument", message);
  }
  return context;
}

async function contentOf(variable: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new FlockError("invalid_argument", `${variable}: ${file} cannot be read`, { cause });
  }
}

/** When the certificate expires, Unix seconds. */
function expiryOf({ cert }: CertificateContext): number {
  return Date.parse(new X509Certificate(cert).validTo) / 1_000;
}
