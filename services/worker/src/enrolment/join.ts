import { EnrolmentApi } from "@flock/enrolment";
import { FlockError } from "@flock/errors";
import type { Mesh, Runtime } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import type { WorkerConfig } from "../config.js";
import type { Delegations } from "./delegations.js";
import { KeptDelegations } from "./kept-delegations.js";
import { SessionRenewal } from "./session-renewal.js";
import { keyFileSigner, SignedDelegations } from "./signed-delegations.js";
import { WorkerEnrolment } from "./worker-enrolment.js";

/** How long each way to NATS is tried while there is another one. */
const WAY_TIMEOUT_MS = 5_000;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** A worker that has enrolled and is connected. */
export interface Joined {
  readonly mesh: Mesh;
  readonly enrolment: WorkerEnrolment;
  /** Keeps it so; a part of the service. */
  readonly renewal: SessionRenewal;
}

type EnrolmentConfig = Pick<
  WorkerConfig,
  "WORKER_API_URL" | "WORKER_KEY_FILE" | "WORKER_WALLET" | "WORKER_ENROLMENT_FILE" | "WORKER_PAYOUT"
>;

/** Enrols at the api and connects to where it says that NATS is. */
export async function join(config: EnrolmentConfig, runtime: Runtime): Promise<Joined> {
  const { logger } = runtime;
  const api = new EnrolmentApi(config.WORKER_API_URL);
  const { protocol, hostname } = new URL(api.origin);
  if (protocol === "http:" && !LOOPBACK.has(hostname))
    logger.warn({ api: api.origin }, "without TLS, whoever is on the way can answer in the place of the api");
  const stopping = new AbortController();
  runtime.open({ close: () => stopping.abort() });
  const delegations = await delegationsOf(config, api, runtime);
  const enrolment = await WorkerEnrolment.open({ api, delegations, logger }, stopping.signal);
  const renewal = new SessionRenewal(enrolment);
  const mesh = await connectByAnyWay(enrolment, renewal, runtime);
  renewal.connected(mesh);
  return { mesh, enrolment, renewal };
}

async function delegationsOf(
  { WORKER_KEY_FILE, WORKER_WALLET, WORKER_ENROLMENT_FILE, WORKER_PAYOUT }: EnrolmentConfig,
  api: EnrolmentApi,
  { logger }: Runtime,
): Promise<Delegations> {
  if (WORKER_WALLET === "") {
    const signer = await keyFileSigner(WORKER_KEY_FILE);
    return new SignedDelegations({ api, signer, payout: WORKER_PAYOUT || signer.address, logger });
  }
  const kept = await KeptDelegations.open({
    ...{ api, logger },
    ...{ wallet: WORKER_WALLET, file: WORKER_ENROLMENT_FILE },
  });
  if (WORKER_PAYOUT === "" || WORKER_PAYOUT === kept.payout) return kept;
  const what = `WORKER_PAYOUT is ${WORKER_PAYOUT}, and the wallet has signed for ${kept.payout}`;
  throw new FlockError("invalid_argument", what);
}

/** The client takes URLs of one kind at a time. A firewall may let only WebSocket through. */
async function connectByAnyWay(
  { workerId, session }: WorkerEnrolment,
  { credentials }: SessionRenewal,
  runtime: Runtime,
): Promise<Mesh> {
  const isWebSocket = (url: string): boolean => /^wss?:/.test(url);
  const { natsUrls } = session;
  const ways = [natsUrls.filter((url) => !isWebSocket(url)), natsUrls.filter(isWebSocket)];
  const [first = [], second] = ways.filter((way) => way.length > 0);
  const options = {
    credentials,
    inboxPrefix: SUBJECTS.workerInbox(workerId),
    // The api says whether the worker is let in, not a server that may not have heard yet.
    refusalsMaxMs: Number.POSITIVE_INFINITY,
  };
  if (second === undefined) return runtime.connect({ ...options, natsUrl: first.join() });
  try {
    return await runtime.connect({
      ...options,
      natsUrl: first.join(),
      connectTimeoutMs: WAY_TIMEOUT_MS,
    });
  } catch (error) {
    if (FlockError.from(error).code !== "unavailable") throw error;
    runtime.logger.warn({ err: error }, "NATS does not answer this way; the worker tries WebSocket");
    return runtime.connect({ ...options, natsUrl: second.join() });
  }
}
