import { type Database, migrateToLatest, openDatabase, waitForDatabase } from "@flock/database";
import { Requester } from "@flock/jobs";
import {
  CatalogueView,
  type CreateService,
  EventPublisher,
  loadMeshSigner,
  type Mesh,
  ParametersView,
  type Part,
  type Runtime,
  serve,
} from "@flock/mesh";
import { clientDialects } from "./client-dialects.js";
import type { ApiConfig } from "./config.js";
import { ConsoleFiles } from "./dialects/console/console-files.js";
import { LIVE_EVENTS } from "./dialects/flock/live.js";
import type { InferenceGateway } from "./dialects/inference-gateway.js";
import { DrainState } from "./drain-state.js";
import { type EnrolmentSettings, openEnrolment } from "./enrolment/open-enrolment.js";
import { type FiguresSettings, openFigures } from "./figures/open-figures.js";
import { FrontDoors } from "./front-doors.js";
import { createGrpcFront } from "./grpc/front.js";
import type { GrpcListener } from "./grpc/listener.js";
import { openGuests } from "./guests/open-guests.js";
import { keyCalls } from "./handlers/key-calls.js";
import { createApp } from "./http/app.js";
import { addressesOf } from "./http/further-address.js";
import { HttpListener } from "./http/listener.js";
import { type Holds, LedgerHolds } from "./inference/holds.js";
import { Inference, type JobSubmitter } from "./inference/inference.js";
import type { Identify } from "./keys/credentials.js";
import { KeyDirectory } from "./keys/key-directory.js";
import { KeyUses } from "./keys/key-uses.js";
import { KnownCredentials } from "./keys/known-credentials.js";
import { RevocationListener } from "./keys/revocation-listener.js";
import { BodyBudget } from "./limits/body-budget.js";
import { SharedAllowances } from "./limits/key-allowances.js";
import { OpenLimits } from "./limits/open-limits.js";
import { RequestLimiter } from "./limits/request-limiter.js";
import { JobMaterials } from "./material/job-materials.js";
import { KeptMaterials } from "./material/kept-materials.js";
import { MeshServices } from "./mesh-services.js";
import { ApiMetrics } from "./metrics.js";
import { migrations } from "./migrations/index.js";
import type { MoneyGateway } from "./money/money-gateway.js";
import { NetworkFacts } from "./money/network-facts.js";
import { ReserveProofs } from "./money/reserve-proofs.js";
import { StatementReaders } from "./money/statement-readers.js";
import { type ConnectionBounds, connectionsWithinLimit } from "./open-files.js";
import { SignIn } from "./sign-in/sign-in.js";
import { openStatus } from "./status/open-status.js";
import { AllowanceStore } from "./store/allowance-store.js";
import { ChallengeStore } from "./store/challenge-store.js";
import { JobStore } from "./store/job-store.js";
import { KeyStore } from "./store/key-store.js";
import type { ApiSchema } from "./store/schema.js";
import { SecretStore } from "./store/secret-store.js";
import { SessionStore } from "./store/session-store.js";
import { UsageStore } from "./store/usage-store.js";
import { JobStories } from "./stories/job-stories.js";
import { AccountTiers } from "./tiers/account-tiers.js";
import { StakeView } from "./tiers/stake-view.js";
import { type Certificates, loadCertificates } from "./tls/certificates.js";
import { TrustFacts } from "./trust/trust-facts.js";
import { UsageCounter } from "./usage/usage-counter.js";
import { WorkerAliases } from "./workers/worker-alias.js";

const KEY_CONNECTIONS_MAX = 8;
const STAKE_TTL_MS = 15_000;
const STAKES_KEPT_MAX = 20_000;

/** The parts of the network that a test may put something else in the place of. */
export interface Backend {
  readonly requester: JobSubmitter & Part & Pick<Requester, "eventName">;
  readonly holds: Holds;
  /** Public keys that workers know the network's tickets and commands by. */
  readonly meshKeys: readonly string[];
}

/** Builds the api. It answers clients once the catalogue is read and Postgres tells of revoked keys. */
export const createApi: CreateService<ApiConfig> = (config, runtime) =>
  createApiOver(config, runtime, async (mesh) => {
    const signer = await loadMeshSigner(config.MESH_KEY_FILE);
    const reports = await runtime.connect();
    const { clock } = runtime;
    return {
      requester: new Requester({ mesh, reports, signer, clock }, new EventPublisher(mesh)),
      holds: new LedgerHolds(mesh),
      meshKeys: signer.publicKeys,
    };
  });

export async function createApiOver(
  config: ApiConfig,
  runtime: Runtime,
  backendOf: (mesh: Mesh) => Backend | Promise<Backend>,
): Promise<readonly Part[]> {
  const { logger, clock } = runtime;
  const nowMs = () => clock.nowMs();
  const metrics = new ApiMetrics(runtime.meter);
  const mesh = await runtime.connect();
  const database = await openedDatabase(config, runtime);
  const { store, keys, uses, revocations } = keysIn(database, config, runtime, metrics);
  const parameters = await ParametersView.load(mesh);
  const { services, stakes } = tiersOver(mesh, config, nowMs);
  const catalogue = new CatalogueView(mesh);
  const { requester, holds, meshKeys } = await backendOf(mesh);
  const facts = openFigures(figuresOf(config), runtime, { mesh, catalogue, metrics, form: LIVE_EVENTS });
  const materials = materialsOf(config, runtime, metrics);
  const aliases = await WorkerAliases.load(new SecretStore(database));
  const stories = new JobStories({ store: new JobStore(database), aliases, logger, metrics, clock });
  const inference = new Inference({
    catalogue,
    requester: facts.meter.over(materials.over(requester)),
    holds,
    allowances: new SharedAllowances(new AllowanceStore(database), metrics, logger),
    aliases,
    admission: new AccountTiers(stakes, parameters, new RequestLimiter(nowMs)),
    stories,
    metrics,
    completionTokensMax: config.API_COMPLETION_TOKENS_MAX,
    jobTimeoutMs: config.API_JOB_TIMEOUT_MS,
    holdGraceMs: config.API_HOLD_GRACE_MS,
    clock,
  });
  const gateway = gatewayOver(inference, config, runtime, metrics);
  const openLimits = openLimitsOf(config, runtime, metrics);
  const { status, sampler, incidents } = openStatus({ mesh, database }, services, runtime, metrics);
  const guests = openGuests(config, runtime, { keys, openLimits }, metrics);
  const sessions = new SessionStore(database, runtime);
  const usage = new UsageStore(database);
  const certificates = await loadCertificates(config, logger, metrics);
  const publicUrl = () => config.API_PUBLIC_URL ?? ownUrl(config, listener.port);
  const shared = {
    ...{ services, sessions, keys: store, usage, stories, guests, status },
    trust: new TrustFacts(services, aliases),
    ...{ catalogue, parameters, stakes, openLimits, figures: facts.figures, live: facts.live },
  };
  const enrolling = { openLimits, publicUrl, metrics };
  const workers = await openEnrolment(enrolmentOf(config, meshKeys), { mesh, database, runtime }, enrolling);
  const money = moneyIn(database, config, runtime, { ...shared, ...workers, publicUrl });
  const credentials = new KnownCredentials({ keys, sessions, openLimits, guests, uses, clock });
  const identify: Identify = (credential, client) => credentials.identify(credential, client);
  const connections = await connectionsWithinLimit(
    { http: config.API_CONNECTIONS_MAX, grpc: config.API_GRPC_CONNECTIONS_MAX },
    logger,
  );
  const fronted = { gateway, money, identify, connections, certificates };
  const listener = await httpListener(config, fronted);
  const behind: readonly Part[] = [
    ...[
      catalogue,
      parameters,
      workers.bans,
      workers.standings,
      revocations,
      uses,
      new UsageCounter(mesh, usage),
    ],
    // Stories and materials are in front of the requester, and so behind it at the end.
    ...[...facts.parts, sampler, stories, materials, requester],
    ...Object.values(certificates).filter((certificate) => certificate !== undefined),
    serve(mesh, "api", [...keyCalls(store, clock), ...incidents]),
    serve(mesh, "api", materials.calls(), requester.eventName),
  ];
  const isReady = () =>
    mesh.isConnected() && [...behind, doors].every((part) => part.notReady?.() === undefined);
  const grpc = grpcListener(config, { ...fronted, isReady });
  const doors = new FrontDoors(listener, grpc);
  return [...behind, doors];
}

function materialsOf(config: ApiConfig, { clock }: Runtime, metrics: ApiMetrics): JobMaterials {
  const bounds = { ttlMs: config.API_MATERIAL_TTL_MS, bytesMax: config.API_MATERIAL_BYTES_MAX };
  return new JobMaterials(new KeptMaterials(bounds, clock, metrics));
}

function gatewayOver(
  inference: Inference,
  config: ApiConfig,
  { logger }: Runtime,
  metrics: ApiMetrics,
): InferenceGateway {
  return {
    inference,
    bodyBytesMax: config.API_BODY_BYTES_MAX,
    bodyBudget: new BodyBudget(config.API_BODIES_BYTES_MAX, metrics),
    limits: { unsentBytesMax: config.API_UNSENT_BYTES_MAX, stallTimeoutMs: config.API_STALL_TIMEOUT_MS },
    metrics,
    logger,
  };
}

/** How the api is called by those who reach its own address. */
function ownUrl(config: ApiConfig, port = config.API_PORT): string {
  const scheme = config.API_TLS_CERT_FILE === undefined ? "http" : "https";
  return `${scheme}://${config.API_HOST}:${port}`;
}

/** What every front works with. */
interface Fronted {
  readonly gateway: InferenceGateway;
  readonly money: MoneyGateway;
  readonly identify: Identify;
  readonly connections: ConnectionBounds;
  readonly certificates: Certificates;
}

async function httpListener(
  config: ApiConfig,
  { gateway, money, identify, connections, certificates }: Fronted,
): Promise<HttpListener> {
  const drain = new DrainState();
  // They go on for as long as their clients like.
  drain.whenDraining(() => money.live.end());
  const { limits, logger, metrics } = gateway;
  const app = await createApp({
    dialects: clientDialects(gateway, money, await ConsoleFiles.read(config.API_CONSOLE_FOLDER, logger)),
    identify,
    drain,
    limits,
    openLimits: money.openLimits,
    requestTimeoutMs: config.API_REQUEST_TIMEOUT_MS,
    trustedProxies: config.API_TRUSTED_PROXIES,
    corsOrigins: config.API_CORS_ORIGINS,
    publicUrl: config.API_PUBLIC_URL,
    certificate: certificates.http,
    logger,
    metrics,
  });
  return new HttpListener({
    app,
    drain,
    hosts: await addressesOf(config.API_HOST),
    port: config.API_PORT,
    connectionsMax: connections.http,
    logger,
    metrics,
  });
}

function grpcListener(
  config: ApiConfig,
  {
    gateway,
    money,
    identify,
    connections,
    certificates,
    isReady,
  }: Fronted & { readonly isReady: () => boolean },
): GrpcListener {
  return createGrpcFront({
    ...gateway,
    money,
    identify,
    drain: new DrainState(),
    openLimits: money.openLimits,
    requestTimeoutMs: config.API_REQUEST_TIMEOUT_MS,
    trustedProxies: config.API_TRUSTED_PROXIES,
    isReady,
    host: config.API_GRPC_HOST,
    port: config.API_GRPC_PORT,
    connectionsMax: connections.grpc,
    certificate: certificates.grpc,
  });
}

/** What serves accounts and money; `publicUrl` is how wallets are told that this api is called. */
function moneyIn(
  database: Database<ApiSchema>,
  config: ApiConfig,
  { clock, logger }: Runtime,
  { publicUrl, ...shared }: SharedWithMoney,
): MoneyGateway {
  const { services, sessions, openLimits } = shared;
  const signIn = new SignIn({
    challenges: new ChallengeStore(database, "sign-in", clock),
    sessions,
    openLimits,
    publicUrl,
    sessionLifetimeMs: config.API_SESSION_TTL_MS,
    clock,
  });
  const network = new NetworkFacts(services);
  const reserves = new ReserveProofs(services);
  const statementReaders = new StatementReaders();
  return { ...shared, signIn, network, reserves, statementReaders, clock, logger };
}

type SharedWithMoney = Omit<
  MoneyGateway,
  "signIn" | "network" | "reserves" | "statementReaders" | "clock" | "logger"
> & {
  readonly publicUrl: () => string;
};

function enrolmentOf(config: ApiConfig, meshKeys: readonly string[]): EnrolmentSettings {
  return {
    issuerFile: config.API_WORKER_ISSUER_FILE,
    sessionSeconds: config.API_WORKER_SESSION_SECONDS,
    entry: { natsUrls: config.API_WORKER_NATS_URLS, meshKeys },
  };
}

function figuresOf(config: ApiConfig): FiguresSettings {
  return {
    groupMin: config.API_GROUP_MIN,
    liveConnectionsMax: config.API_LIVE_CONNECTIONS_MAX,
    liveConnectionsPerClientMax: config.API_LIVE_CONNECTIONS_PER_CLIENT_MAX,
  };
}

async function openedDatabase(config: ApiConfig, runtime: Runtime): Promise<Database<ApiSchema>> {
  const database = runtime.open(
    openDatabase<ApiSchema>({
      url: config.DATABASE_URL,
      applicationName: "api",
      schema: "api",
      logger: runtime.logger,
      connectionsMax: KEY_CONNECTIONS_MAX,
    }),
  );
  const { logger } = runtime;
  await waitForDatabase(database, { onRetry: (err) => logger.warn({ err }, "waiting for the database") });
  await migrateToLatest(database, migrations);
  return database;
}

function keysIn(
  database: Database<ApiSchema>,
  config: ApiConfig,
  { clock, logger }: Runtime,
  metrics: ApiMetrics,
) {
  const store = new KeyStore(database);
  const keys = new KeyDirectory({
    find: (hash) => store.find(hash),
    entriesMax: config.API_KEY_CACHE_ENTRIES_MAX,
    ttlMs: config.API_KEY_CACHE_TTL_MS,
    clock: () => clock.nowMs(),
    onLookup: (result) => metrics.keyLookup(result),
  });
  const revocations = new RevocationListener({
    databaseUrl: config.DATABASE_URL,
    logger,
    onRevoked: (keyId) => keys.forget(keyId),
    onListening: () => keys.suspectAll(),
  });
  return { store, keys, uses: new KeyUses({ store, clock, logger }), revocations };
}

function openLimitsOf(config: ApiConfig, { clock, logger }: Runtime, metrics: ApiMetrics): OpenLimits {
  return new OpenLimits({
    perMinute: { read: config.API_OPEN_READS_PER_MINUTE, write: config.API_OPEN_WRITES_PER_MINUTE },
    wrongKeysPerMinute: config.API_WRONG_KEYS_PER_MINUTE,
    walletPerMinute: config.API_WALLET_TEXTS_PER_MINUTE,
    unlimitedClients: config.API_UNLIMITED_CLIENTS,
    metrics,
    logger,
    clock: () => clock.nowMs(),
  });
}

function tiersOver(mesh: Mesh, { API_CHAIN: chain }: ApiConfig, clock: () => number) {
  const services = new MeshServices(mesh, chain);
  const stakes = new StakeView({
    read: async (owner) => (await services.balance(`stake:${owner}`)).posted,
    ttlMs: STAKE_TTL_MS,
    entriesMax: STAKES_KEPT_MAX,
    clock,
  });
  return { services, stakes };
}
