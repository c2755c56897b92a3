import { STATUS_CODES } from "node:http";

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** What was wrong with the bytes of a request, or with the time that they took: nothing that they asked for. */
export class HttpFault extends Error {
  readonly status: number;

  /** @param error Node's own. */
  constructor(error: Error & { readonly code?: string }) {
    const status = STATUS_BY_CODE[error.code ?? ""] ?? 400;
    super((STATUS_CODES[status] ?? "Bad Request").toLowerCase(), { cause: error });
    this.status = status;
  }
}
