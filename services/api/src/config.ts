import { join } from "node:path";
import { databaseUrl, integer, port } from "@flock/configuration";
import { FlockError } from "@flock/errors";
import {
  type CommonEnvironment,
  meshKeyFiles,
  readServiceEnvironment,
  WORKER_SESSION_MS_MAX,
} from "@flock/mesh";
import { z } from "zod";
import { isOriginPattern } from "./http/cors-origins.js";
import { isAddressRange } from "./limits/client-address.js";
import { CHAINS } from "./mesh-services.js";

const MIB = 1024 * 1024;

const list = z
  .string()
  .default("")
  .transform((text) => text.split(",").map((item) => item.trim()))
  .transform((items) => items.filter((item) => item !== ""));

const addressRanges = list.pipe(
  z.array(
    z.string().refine(isAddressRange, {
      error: ({ input }) =>
        `${JSON.stringify(input)} is no address, and no range of addresses such as 10.0.0.0/8`,
    }),
  ),
);

const origins = list.pipe(
  z.array(
    z.string().refine(isOriginPattern, {
      error: ({ input }) =>
        `${JSON.stringify(input)} is no origin such as https://app.example, no pattern of origins such as http://localhost:*, and neither local, null nor *`,
    }),
  ),
);

/** Well below the time for which sessions are remembered: clocks are apart, and a JWT is made after its session. */
const WORKER_SESSION_SECONDS_MAX = WORKER_SESSION_MS_MAX / 2_000;

const natsUrls = list.pipe(
  z.array(
    z.string().refine(isPublicNatsUrl, {
      error: ({ input }) =>
        `${JSON.stringify(input)} is no address for everybody such as nats://nats.example:4222 or wss://nats.example`,
    }),
  ),
);

const perMinute = integer(1, 1_000_000);

/** The api's variables, beside those that every service reads. Their descriptions make the table in the README. */
export const variables = {
  MESH_KEY_FILE: meshKeyFiles,
  API_HOST: z.string().min(1).default("127.0.0.1").describe("where clients connect"),
  API_PORT: port.default(11_435).describe("0: any free port"),
  API_CONNECTIONS_MAX: integer(1, 1_000_000)
    .default(8_192)
    .describe("connections for HTTP at once; a further one is answered with 503 and closed"),
  API_TLS_CERT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "file with the certificate for HTTP and its chain, PEM, read anew when it changes; none: HTTP is plain",
    ),
  API_TLS_KEY_FILE: z.string().min(1).optional().describe("file with the certificate's private key, PEM"),
  API_GRPC_HOST: z.string().min(1).default("127.0.0.1").describe("where clients connect for gRPC"),
  API_GRPC_PORT: port.default(50_051).describe("0: any free port"),
  API_GRPC_TLS_CERT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "file with the certificate for gRPC and its chain, PEM, read anew when it changes; none: gRPC is plain",
    ),
  API_GRPC_TLS_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("file with the certificate's private key, PEM"),
  API_GRPC_CONNECTIONS_MAX: integer(1, 1_000_000)
    .default(4_096)
    .describe("connections for gRPC at once; a further one is closed"),
  DATABASE_URL: databaseUrl.describe("`postgres://…`; the api owns the schema `api` in that database"),
  API_BODY_BYTES_MAX: integer(8 * MIB, 24 * MIB)
    .default(20 * MIB)
    .describe("largest body of a request, and largest message over gRPC; a larger one is refused with 413"),
  API_BODIES_BYTES_MAX: integer(96 * MIB, 64 * 1024 * MIB)
    .default(256 * MIB)
    .describe(
      "what the [bodies of all requests under way](#what-hostile-clients-cost) may hold together; one account has at most a quarter of it",
    ),
  API_MATERIAL_TTL_MS: integer(0, 600_000)
    .default(120_000)
    .describe(
      "how long request and answer of a job stay in memory after its end, [for the verifier](#what-the-verifier-may-ask)",
    ),
  API_MATERIAL_BYTES_MAX: integer(0, 4 * 1024 * MIB)
    .default(64 * MIB)
    .describe("what of them is kept together; 0: nothing is, and no job can be checked"),
  API_COMPLETION_TOKENS_MAX: integer(1, 1_000_000).default(4_096).describe("ceiling for `num_predict`"),
  API_JOB_TIMEOUT_MS: integer(1_000, 3_600_000)
    .default(600_000)
    .describe("a job that has not ended by then fails with 504"),
  API_HOLD_GRACE_MS: integer(1_000, 3_600_000)
    .default(60_000)
    .describe("how much longer the job's hold lives; if the api dies, the money is free again after both"),
  API_REQUEST_TIMEOUT_MS: integer(1_000, 3_600_000)
    .default(120_000)
    .describe("by then a whole request must have arrived, body included; else it is refused with 408"),
  API_UNSENT_BYTES_MAX: integer(16 * 1024, Number.MAX_SAFE_INTEGER)
    .default(MIB)
    .describe("what may wait for a client that reads slowly; above it the client is cut off"),
  API_STALL_TIMEOUT_MS: integer(100, 600_000)
    .default(30_000)
    .describe("how long a client may take nothing while something waits for it"),
  API_CORS_ORIGINS: origins.describe(
    "[pages that may call the api](#pages-in-a-browser), separated by commas; none: no page may",
  ),
  API_CONSOLE_FOLDER: z
    .string()
    .min(1)
    .default(join(import.meta.dirname, "../../../packages/console/dist"))
    .meta({
      description: "files of the built [web console](#the-console), read at the start",
      shownDefault: "that of `packages/console`",
    }),
  API_KEY_CACHE_ENTRIES_MAX: integer(1, Number.MAX_SAFE_INTEGER)
    .default(10_000)
    .describe("API keys that are remembered"),
  API_KEY_CACHE_TTL_MS: integer(100, Number.MAX_SAFE_INTEGER)
    .default(30_000)
    .describe("after this time a key is looked up again, behind a request; revocations do not wait for it"),
  API_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      "how its users know this API, such as `https://api.example`; wallets are shown it when they sign in. None: `API_HOST` and `API_PORT`",
    ),
  API_SESSION_TTL_MS: integer(60_000, 2_592_000_000).default(86_400_000).describe("how long a session lasts"),
  API_WORKER_ISSUER_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "[what sessions of workers are signed with](#workers-enrol), from `flock admin access issuer`; read again for each. None: no worker enrols here",
    ),
  API_WORKER_NATS_URLS: natsUrls.describe(
    "where workers find NATS, separated by commas, such as `nats://nats.example:4222,wss://nats.example`",
  ),
  API_WORKER_SESSION_SECONDS: integer(60, WORKER_SESSION_SECONDS_MAX)
    .default(3_600)
    .describe("how long a worker's session lasts if it is not renewed"),
  API_GROUP_MIN: integer(1, 1_000)
    .default(3)
    .describe(
      "[smallest group of workers or jobs](#figures-of-the-network) that figures of the network are told of; 1: of each, for a network whose workers are all one's own",
    ),
  API_LIVE_CONNECTIONS_MAX: integer(1, 1_000_000)
    .default(1_000)
    .describe("connections that follow `/flock/v1/live` at once; a further one is refused with 503"),
  API_LIVE_CONNECTIONS_PER_CLIENT_MAX: integer(1, 1_000_000)
    .default(16)
    .describe("of those, one client's; a further one is refused with 429"),
  API_CHAIN: z
    .enum(CHAINS)
    .default("solana")
    .describe("`none`: the network has no treasury; what needs one is refused with 400, not 503"),
  API_TRUSTED_PROXIES: addressRanges.describe(
    "addresses and ranges (`10.0.0.0/8`), separated by commas, whose `X-Forwarded-For` is believed",
  ),
  API_UNLIMITED_CLIENTS: addressRanges.describe(
    "addresses and ranges of clients that have none of the next three limits",
  ),
  API_OPEN_READS_PER_MINUTE: perMinute
    .default(300)
    .describe("`GET`s without a key or a session, of one client"),
  API_OPEN_WRITES_PER_MINUTE: perMinute
    .default(60)
    .describe("`POST`s without a key or a session, of one client"),
  API_WRONG_KEYS_PER_MINUTE: perMinute
    .default(60)
    .describe("keys and sessions that are nobody's, of one client; then only keys that are known are let in"),
  API_WALLET_TEXTS_PER_MINUTE: perMinute.default(30).describe("texts signed by one wallet"),
  API_GUEST_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "file with the API key that [guests](#guests) are served as, read again when it changes; none: nobody is served without a key",
    ),
  API_GUEST_REQUESTS_PER_MINUTE: perMinute
    .default(10)
    .describe("requests to models that guests of one address may begin"),
  API_GUEST_STREAMS_MAX: integer(1, 10_000)
    .default(2)
    .describe("requests to models of guests of one address that may run at once"),
  API_GUEST_COMPLETION_TOKENS_MAX: integer(1, 1_000_000)
    .default(512)
    .describe("ceiling for the tokens of an answer to a guest"),
};

export type ApiConfig = CommonEnvironment & z.infer<z.ZodObject<typeof variables>>;

/** @throws FlockError `invalid_argument` naming every variable that is missing or wrong. */
export function readApiConfig(environment: NodeJS.ProcessEnv = process.env): ApiConfig {
  const config = readServiceEnvironment("API_", variables, environment);
  for (const prefix of ["API_TLS", "API_GRPC_TLS"] as const) {
    const names = [`${prefix}_CERT_FILE`, `${prefix}_KEY_FILE`] as const;
    const missing = names.filter((name) => config[name] === undefined);
    if (missing.length === 1)
      throw new FlockError(
        "invalid_argument",
        `${missing[0]}: is missing: TLS needs both files, a certificate and its key`,
      );
  }
  if (config.API_WORKER_ISSUER_FILE !== undefined && config.API_WORKER_NATS_URLS.length === 0)
    throw new FlockError(
      "invalid_argument",
      "API_WORKER_NATS_URLS: is missing: workers that enrol (API_WORKER_ISSUER_FILE) have to find NATS",
    );
  return config;
}

/** Told to strangers: it may not say who one is. */
function isPublicNatsUrl(text: string): boolean {
  if (!/^(nats|tls|wss?):\/\//.test(text) || !URL.canParse(text)) return false;
  const { hostname, username, password } = new URL(text);
  return hostname !== "" && username === "" && password === "";
}
