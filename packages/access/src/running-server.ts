import { FlockError } from "@flock/errors";
import { SERVER_SUBJECTS } from "@flock/proto";
import { z } from "zod";
import { readUser } from "./users.js";

/** A connection with the credentials of the system account; `NatsConnection` is one. */
export interface SystemConnection {
  request(subject: string, payload: string, options: { timeout: number }): Promise<Reply>;
  requestMany(
    subject: string,
    payload: string,
    options: { strategy: "stall"; maxWait: number },
  ): Promise<AsyncIterable<Reply>>;
}

interface Reply {
  json<T>(): T;
}

const TIMEOUT_MS = 5_000;
/** Most connections that are asked for at once; nats-server's own bound is 1 024 by default. */
const PAGE = 1_024;

const updateAnswer = z.object({
  data: z.object({ code: z.number() }).optional(),
  error: z.object({ description: z.string().optional() }).optional(),
});

const connectionsAnswer = z.object({
  data: z.object({
    total: z.number(),
    connections: z.array(z.object({ jwt: z.string().optional() })),
  }),
});

/**
 * Gives a running server (and those it is clustered with) the account as it is signed now. Users whose sessions are
 * revoked by it, or whose signing key is gone, are cut off at once.
 * @throws FlockError `failed_precondition` with the server's reason
 */
export async function updateAccount(connection: SystemConnection, accountJwt: string): Promise<void> {
  const reply = await connection.request(SERVER_SUBJECTS.accountUpdate, accountJwt, { timeout: TIMEOUT_MS });
  const answer = updateAnswer.safeParse(reply.json());
  if (answer.success && answer.data.data?.code === 200) return;
  const why = (answer.success ? answer.data.error?.description : undefined) ?? "it gave no reason";
  throw new FlockError("failed_precondition", `nats-server did not take the account: ${why}`);
}

/** Public keys of the sessions in which a worker is connected now. In a cluster each server knows its own ones. */
export async function sessionsOf(
  connection: SystemConnection,
  workersAccountId: string,
  workerId: string,
): Promise<string[]> {
  const sessions = new Set<string>();
  const subject = SERVER_SUBJECTS.connections(workersAccountId);
  for (let offset = 0, total = 1; offset < total; offset += PAGE) {
    const request = JSON.stringify({ auth: true, limit: PAGE, offset });
    total = 0;
    const options = { strategy: "stall", maxWait: TIMEOUT_MS } as const;
    for await (const reply of await connection.requestMany(subject, request, options)) {
      const { data } = connectionsAnswer.parse(reply.json());
      total = Math.max(total, data.total);
      for (const { jwt } of data.connections) {
        // Not by the connection's name: a client calls itself what it likes.
        const user = jwt === undefined ? undefined : readUser(jwt);
        if (user?.name === workerId) sessions.add(user.key);
      }
    }
  }
  return [...sessions];
}
