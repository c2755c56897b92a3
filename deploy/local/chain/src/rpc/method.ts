import type { z } from "zod";
import { invalidParams } from "./rpc-error.js";
import type { RpcNode } from "./rpc-node.js";

/** A JSON-RPC method: its parameters are checked before it is called. */
export type Method = (node: RpcNode, params: unknown) => unknown;

/** A method whose positional parameters have this shape; further ones are refused, missing ones are as null. */
export function method<Schema extends z.ZodType>(
  schema: Schema,
  call: (node: RpcNode, params: z.output<Schema>) => unknown,
): Method {
  return (node, params) => {
    const parsed = schema.safeParse(params ?? []);
    if (parsed.success) return call(node, parsed.data);
    const [issue] = parsed.error.issues;
    const message = issue?.message ?? "Invalid params";
    if (message.startsWith("Invalid param")) throw invalidParams(message);
    throw invalidParams(`Invalid params: ${issue?.path.join(".") || "params"}: ${message}`);
  };
}
