import { HealthDefinition } from "@flock/proto/grpc";
import {
  AccountDefinition,
  InferenceDefinition,
  JobsDefinition,
  LedgerDefinition,
  ModelsDefinition,
  MoneyDefinition,
  SessionsDefinition,
  TrustDefinition,
  WorkersDefinition,
} from "@flock/proto/public";
import { ServerCredentials } from "@grpc/grpc-js";
import type { DrainState } from "../drain-state.js";
import type { Identify } from "../keys/credentials.js";
import type { BodyBudget } from "../limits/body-budget.js";
import type { OpenLimits } from "../limits/open-limits.js";
import type { MoneyGateway } from "../money/money-gateway.js";
import { RenewedGrpcCredentials } from "../tls/grpc-credentials.js";
import type { RenewedCertificate } from "../tls/renewed-certificate.js";
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
import { trustMethods } from "./methods/trust.js";
import { workersMethods } from "./methods/workers.js";

export interface GrpcFrontOptions extends GrpcInference {
  /** Undefined: accounts, money and workers are not served. */
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
  readonly certificate: RenewedCertificate | undefined;
}

/** The api over gRPC: the public contract, health and reflection. */
export function createGrpcFront(options: GrpcFrontOptions): GrpcListener {
  const clientAddresses = new ClientAddresses(options.trustedProxies);
  const { inference, money } = options;
  const methods: GrpcMethod[] = [...inferenceMethods(options), ...modelsMethods(inference, money?.figures)];
  const services: string[] = [InferenceDefinition.fullName, ModelsDefinition.fullName];
  if (money !== undefined) {
    methods.push(...accountMethods(money), ...moneyMethods(money), ...sessionsMethods(money));
    methods.push(...jobsMethods(money), ...ledgerMethods(money, clientAddresses), ...workersMethods(money));
    methods.push(...trustMethods(money));
    const definitions = [AccountDefinition, JobsDefinition, MoneyDefinition, SessionsDefinition];
    for (const { fullName } of [...definitions, LedgerDefinition, TrustDefinition, WorkersDefinition])
      services.push(fullName);
  }
  const health = new HealthWatch(services, options.isReady);
  methods.push(...health.methods(), ...reflectionMethods([...services, HealthDefinition.fullName]));
  return new GrpcListener({
    ...options,
    server: createGrpcServer({ ...options, methods, clientAddresses }),
    credentials:
      options.certificate === undefined
        ? ServerCredentials.createInsecure()
        : new RenewedGrpcCredentials(options.certificate),
    health,
  });
}
