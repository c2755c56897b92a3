import { FlockError } from "@flock/errors";
import { z } from "zod";

const responseSchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
});

/** A call by JSON-RPC, with nothing retried and nothing cached. */
export class RpcClient {
  readonly url: string;
  readonly #timeoutMs: number;

  constructor(url: string, timeoutMs = 30_000) {
    this.url = url;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The result, checked.
   * @throws FlockError `unavailable` when the node does not answer or not as it should, `failed_precondition` with its
   *   words when it refuses.
   */
  async call<Schema extends z.ZodType>(
    method: string,
    params: readonly unknown[],
    schema: Schema,
  ): Promise<z.output<Schema>> {
    const { result, error } = await this.#post(method, params);
    if (error !== undefined) {
      const details = { method, rpcCode: error.code };
      throw new FlockError("failed_precondition", `${method}: ${error.message}`, { details });
    }
    const parsed = schema.safeParse(result);
    if (parsed.success) return parsed.data;
    throw new FlockError("unavailable", `${this.url} answers ${method} with something else`, {
      cause: parsed.error,
    });
  }

  async #post(method: string, params: readonly unknown[]): Promise<z.output<typeof responseSchema>> {
    try {
      const response = await fetch(this.url, {
        method: "POST",
        // No connection outlives its call, so that none is broken when the chain has been started anew.
        headers: { "Content-Type": "application/json", Connection: "close" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      return responseSchema.parse(await response.json());
    } catch (error) {
      throw new FlockError("unavailable", `${this.url} does not answer ${method}`, { cause: error });
    }
  }
}
