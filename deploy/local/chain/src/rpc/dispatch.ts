import { FlockError } from "@flock/errors";
import type { Logger } from "@flock/observability";
import { z } from "zod";
import type { Failure } from "./control-requests.js";
import type { Method } from "./method.js";
import { ACCOUNT_METHODS } from "./methods/accounts.js";
import { CLUSTER_METHODS } from "./methods/cluster.js";
import { CONTROL_METHODS } from "./methods/controls.js";
import { HISTORY_METHODS } from "./methods/history.js";
import { TOKEN_METHODS } from "./methods/tokens.js";
import { TRANSACTION_METHODS } from "./methods/transactions.js";
import { RPC_CODES, RpcError } from "./rpc-error.js";
import type { RpcNode } from "./rpc-node.js";

const METHODS = new Map<string, Method>(
  Object.entries({
    ...CLUSTER_METHODS,
    ...ACCOUNT_METHODS,
    ...TOKEN_METHODS,
    ...TRANSACTION_METHODS,
    ...HISTORY_METHODS,
    ...CONTROL_METHODS,
  }),
);

const requestSchema = z.object({
  jsonrpc: z.literal("2.0"),
  method: z.string(),
  params: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]).nullish(),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
});

type Id = string | number | null;

export interface RpcResponse {
  readonly jsonrpc: "2.0";
  readonly id: Id;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** The names of all methods served over HTTP, sorted. */
export const METHOD_NAMES: readonly string[] = [...METHODS.keys()].sort();

/** What is sent back: a body, or nothing at all (only notifications); and how the transport is to fail, if it is. */
export interface Answer {
  readonly body: RpcResponse | RpcResponse[] | undefined;
  readonly failure?: Exclude<Failure, { kind: "error" }> | undefined;
}

export function errorResponse(id: Id, code: number, message: string, data?: unknown): RpcResponse {
  return { jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** Answers one JSON-RPC text: a call or a batch of them, of which each is answered for itself. */
export function answer(node: RpcNode, text: string, logger: Logger): Answer {
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch {
    return { body: errorResponse(null, RPC_CODES.parseError, "Parse error") };
  }
  if (!Array.isArray(payload)) return answerOne(node, payload, logger);
  if (payload.length === 0) {
    return { body: errorResponse(null, RPC_CODES.invalidRequest, "Invalid request") };
  }
  const answers = payload.map((call) => answerOne(node, call, logger));
  const bodies = answers.flatMap(({ body }) => body ?? []);
  const failure = answers.find((each) => each.failure !== undefined)?.failure;
  return { body: bodies.length === 0 ? undefined : bodies, failure };
}

function answerOne(node: RpcNode, payload: unknown, logger: Logger): Answer {
  const parsed = requestSchema.safeParse(payload);
  if (!parsed.success)
    return { body: errorResponse(idOf(payload), RPC_CODES.invalidRequest, "Invalid request") };
  const { method: name, params, id } = parsed.data;
  const method = METHODS.get(name);
  const rule = method === undefined || name.startsWith("dev_") ? undefined : node.faults.onCall(name);
  const response =
    rule !== undefined && !rule.isDone ? undefined : call(node, { name, method, params, id }, logger);
  if (rule?.failure.kind === "error") {
    return {
      body: id === undefined ? undefined : errorResponse(id, rule.failure.code, rule.failure.message),
    };
  }
  // A late answer is the true one: it is only the transport that takes its time.
  const late = rule?.failure.kind === "late" && response === undefined;
  const body = late ? call(node, { name, method, params, id }, logger) : response;
  return { body: id === undefined ? undefined : body, failure: rule?.failure };
}

interface Call {
  readonly name: string;
  readonly method: Method | undefined;
  readonly params: unknown;
  readonly id: Id | undefined;
}

function call(node: RpcNode, { name, method, params, id = null }: Call, logger: Logger): RpcResponse {
  if (method === undefined) return errorResponse(id, RPC_CODES.methodNotFound, "Method not found");
  try {
    return { jsonrpc: "2.0", id, result: method(node, params) };
  } catch (error) {
    if (error instanceof RpcError) return errorResponse(id, error.rpcCode, error.message, error.data);
    if (error instanceof FlockError && error.code === "invalid_argument") {
      return errorResponse(id, RPC_CODES.invalidParams, error.message);
    }
    logger.error({ err: error, method: name }, "method failed");
    return errorResponse(id, RPC_CODES.internalError, "Internal error");
  }
}

function idOf(payload: unknown): Id {
  const parsed = requestSchema.pick({ id: true }).safeParse(payload);
  return parsed.data?.id ?? null;
}
