import { databaseUrl, port } from "@flock/configuration";
import { type CommonEnvironment, readServiceEnvironment } from "@flock/mesh";
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

const perMinute = z.coerce.number().int().min(1).max(1_000_000);

/** The variables that this service reads, next to those that every service does. README.md explains them. */
const apiEnvironment = {
  API_HOST: z.string().min(1).default("127.0.0.1"),
  API_PORT: port.default(11_435),
  DATABASE_URL: databaseUrl,
  API_BODY_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(8 * MIB)
    .max(24 * MIB)
    .default(20 * MIB),
  API_COMPLETION_TOKENS_MAX: z.coerce.number().int().min(1).max(1_000_000).default(4_096),
  API_JOB_TIMEOUT_MS: z.coerce.number().int().min(1_000).max(3_600_000).default(600_000),
  API_HOLD_GRACE_MS: z.coerce.number().int().min(1_000).max(3_600_000).default(60_000),
  API_UNSENT_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(16 * 1024)
    .default(MIB),
  API_STALL_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(30_000),
  API_CORS_ORIGINS: origins,
  API_KEY_CACHE_ENTRIES_MAX: z.coerce.number().int().min(1).default(10_000),
  API_KEY_CACHE_TTL_MS: z.coerce.number().int().min(100).default(30_000),
  API_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  API_SESSION_TTL_MS: z.coerce.number().int().min(60_000).max(2_592_000_000).default(86_400_000),
  API_CHAIN: z.enum(CHAINS).default("solana"),
  API_TRUSTED_PROXIES: addressRanges,
  API_UNLIMITED_CLIENTS: addressRanges,
  API_OPEN_READS_PER_MINUTE: perMinute.default(300),
  API_OPEN_WRITES_PER_MINUTE: perMinute.default(60),
  API_WALLET_TEXTS_PER_MINUTE: perMinute.default(30),
};

export type ApiConfig = CommonEnvironment & z.infer<z.ZodObject<typeof apiEnvironment>>;

/** @throws FlockError `invalid_argument` naming every variable that is missing or wrong. */
export function readApiConfig(environment: NodeJS.ProcessEnv = process.env): ApiConfig {
  return readServiceEnvironment("API_", apiEnvironment, environment);
}
