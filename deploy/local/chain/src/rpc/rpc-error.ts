import { FlockError } from "@flock/errors";

/** JSON-RPC's own codes, and those of Solana's nodes that clients tell apart. */
export const RPC_CODES = {
  parseError: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internalError: -32_603,
  sendTransactionPreflightFailure: -32_002,
  signatureVerificationFailure: -32_003,
  longTermStorageSlotSkipped: -32_009,
  unsupportedTransactionVersion: -32_015,
  minContextSlotNotReached: -32_016,
} as const;

/** A refusal as a Solana node words it. */
export class RpcError extends FlockError {
  readonly rpcCode: number;
  readonly data: unknown;

  constructor(rpcCode: number, message: string, data?: unknown) {
    super(rpcCode === RPC_CODES.internalError ? "internal" : "invalid_argument", message);
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

export function invalidParams(message: string): RpcError {
  return new RpcError(RPC_CODES.invalidParams, message);
}
