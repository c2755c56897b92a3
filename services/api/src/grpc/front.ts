import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { FlockError } from "@flock/errors";
import { HealthDefinition } from "@flock/proto/grpc";
import {
  AccountDefinition,
  InferenceDefinition,
  JobsDefinition,
  LedgerDefinition,
  ModelsDefinition,
  MoneyDefinition,
  SessionsDefinition,
} from "@flock/proto/public";
import { ServerCredentials } from "@grpc/grpc-js";
import type { DrainState } from "../drain-state.js";
import type { Identify } from "../keys/credentials.js";
import type { BodyBudget } from "../limits/body-budget.js";
import type { OpenLimits } from "../limits/open-limits.js";
import type { MoneyGateway } from "../money/money-gateway.js";
import { ClientAddresses } from "./client-addresses.js";
import type { GrpcMethod } from "./grpc-method.js";
import { createGrpcServer } from "./grpc-server.js";
import { GrpcListener } from "./listener.js";
import { accountMethods } from "./methods/account.js";
import { HealthWatch } from "./methods/health.js";
import { type GrpcInference, inferenceMethods } from "./methods/inference.js";
import { jobsMethods } from "./methods/jobs.js";
import { ledgerMethods } from "./methods/ledger.js";
import { modelsMethods } from "./methods/models.js";
import { moneyMethods } from "./methods/money.js";
import { reflectionMethods } from "./methods/reflection.js";
import { sessionsMethods } from "./methods/sessions.js";

/** Files with a certificate and its key, PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface GrpcFrontOptions extends GrpcInference {
  /** Undefined: accounts and money are not served. */
  readonly money: MoneyGateway | undefined;
  readonly identify: Identify;
  readonly drain: DrainState;
  readonly openLimits: OpenLimits;
  readonly bodyBudget: BodyBudget;
  /** By then a call's first message must have arrived. */
  readonly requestTimeoutMs: number;
  /** Addresses and ranges of proxies that are believed whom they forward for. */
  readonly trustedProxies: readonly string[];
  /** Whether the api as a whole is ready: what health tells. */
  readonly isReady: () => boolean;
  readonly host: string;
  readonly port: number;
  readonly connectionsMax: number;
  /** Undefined: plain. */
  readonly tls: TlsFiles | undefined;
}

/**
 * The api over gRPC: the public contract, health and reflection.
 * @throws FlockError `invalid_argument` if the files for TLS cannot be used.
 */
export function createGrpcFront(options: GrpcFrontOptions): GrpcListener {
  const clientAddresses = new ClientAddresses(options.trustedProxies);
  const { inference, money } = options;
  const methods: GrpcMethod[] = [...inferenceMethods(options), ...modelsMethods(inference)];
  const services: string[] = [InferenceDefinition.fullName, ModelsDefinition.fullName];
  if (money !== undefined) {
    methods.push(...accountMethods(money), ...moneyMethods(money), ...sessionsMethods(money));
    methods.push(...jobsMethods(money), ...ledgerMethods(money, clientAddresses));
    const definitions = [AccountDefinition, JobsDefinition, MoneyDefinition, SessionsDefinition];
    for (const { fullName } of [...definitions, LedgerDefinition]) services.push(fullName);
  }
  const health = new HealthWatch(services, options.isReady);
  methods.push(...health.methods(), ...reflectionMethods([...services, HealthDefinition.fullName]));
  return new GrpcListener({
    ...options,
    server: createGrpcServer({ ...options, methods, clientAddresses }),
    credentials: credentialsOf(options.tls),
    health,
  });
}

function credentialsOf(tls: TlsFiles | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const certificate = contentOf("API_GRPC_TLS_CERT_FILE", tls.certificate);
  const key = contentOf("API_GRPC_TLS_KEY_FILE", tls.key);
  try {
    createSecureContext({ cert: certificate, key });
  } catch (cause) {
    const message = "API_GRPC_TLS_CERT_FILE, API_GRPC_TLS_KEY_FILE: are no certificate and its key, PEM";
    throw new FlockError("invalid_argument", message, { cause });
  }
  return ServerCredentials.createSsl(null, [{ cert_chain: certificate, private_key: key }]);
}

function contentOf(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new FlockError("invalid_argument", `${variable}: ${file} cannot be read`, { cause });
  }
}
