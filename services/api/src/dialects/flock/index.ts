import type { HTTPMethods, RouteHandlerMethod } from "fastify";
import type { Dialect, DialectRoute } from "../../http/dialect.js";
import type { Operation } from "../../http/openapi/operation.js";
import type { CredentialKinds } from "../../keys/credentials.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { ACCOUNT, account, STATEMENT, statement } from "./account.js";
import { CLAIM, claim, DEPOSIT, DEPOSITS, depositInstructions, deposits } from "./deposits.js";
import { ERROR } from "./described.js";
import { EARNINGS, earnings } from "./earnings.js";
import { EPOCH_STATEMENT, epochStatement } from "./epoch-statement.js";
import { EPOCH, EPOCHS, epoch, epochs } from "./epochs.js";
import { errorBody } from "./error-body.js";
import { JOB, JOBS, job, jobs } from "./jobs.js";
import {
  CHANGE_KEY,
  CREATE_KEY,
  changeKey,
  createKey,
  LIST_KEYS,
  listKeys,
  REVOKE_KEY,
  revokeKey,
} from "./keys.js";
import { LIVE, live } from "./live.js";
import { MODEL, MODELS, model, models } from "./models.js";
import { NETWORK, network } from "./network.js";
import { OWN_WORKERS, ownWorkers } from "./own-workers.js";
import { RECEIPT, receipt } from "./receipt.js";
import { RESERVES, reserves } from "./reserves.js";
import { CHALLENGE, challenge, endSession, openSession, SIGN_IN, SIGN_OUT } from "./sessions.js";
import { COLLECT, collect, STAKE, stake, UNSTAKE, unstake } from "./stakes.js";
import { STATUS, status } from "./status.js";
import { EVIDENCE, evidence, TRUST, trust, VERDICT, VERDICTS, verdict, verdicts } from "./trust.js";
import { USAGE, usage } from "./usage.js";
import { WITHDRAW, WITHDRAWAL, WITHDRAWALS, withdraw, withdrawal, withdrawals } from "./withdrawals.js";
import {
  DELEGATE,
  delegate,
  openWorkerSession,
  WORKER_CHALLENGE,
  WORKER_SESSION,
  workerChallenge,
} from "./workers.js";

const PREFIX = "/flock/v1";

/**
 * The network's own API for accounts and money. Who may do what: anybody may see what is public, and hand in what a
 * wallet signed; an API key may also see its account and manage keys, if it has these scopes; a session may
 * also do both, stake and collect. LLAMA leaves an
 * account by a signed text alone. Workers enrol by signed texts, too.
 */
export function flockDialect(gateway: MoneyGateway): Dialect {
  return {
    name: "flock",
    described: {
      title: "Accounts, money and workers",
      about: "The network's own API. Amounts are texts of whole µLLAMA: a million of them are one LLAMA.",
      errorSchema: ERROR,
    },
    owns: ({ path }) => path.startsWith("/flock/"),
    errorBody,
    routes: [
      open("POST", "/sign-in/challenge", challenge(gateway), CHALLENGE),
      open("POST", "/sign-in", openSession(gateway), SIGN_IN),
      taking("session", "POST", "/sign-out", endSession(gateway), SIGN_OUT),
      taking("either", "GET", "/account", account(gateway), ACCOUNT),
      taking("either", "GET", "/statement", statement(gateway), STATEMENT),
      taking("either", "GET", "/deposit", depositInstructions(gateway), DEPOSIT),
      taking("either", "GET", "/deposits", deposits(gateway), DEPOSITS),
      taking("either", "GET", "/earnings", earnings(gateway), EARNINGS),
      taking("either", "GET", "/usage", usage(gateway), USAGE),
      taking("either", "GET", "/workers", ownWorkers(gateway), OWN_WORKERS),
      taking("either", "GET", "/jobs", jobs(gateway), JOBS),
      taking("either", "GET", "/jobs/:id", job(gateway), JOB),
      taking("either", "GET", "/jobs/:id/receipt", receipt(gateway), RECEIPT),
      taking("either", "GET", "/withdrawals", withdrawals(gateway), WITHDRAWALS),
      taking("either", "GET", "/withdrawals/:id", withdrawal(gateway), WITHDRAWAL),
      taking("either", "POST", "/keys", createKey(gateway), CREATE_KEY),
      taking("either", "GET", "/keys", listKeys(gateway), LIST_KEYS),
      taking("either", "PATCH", "/keys/:id", changeKey(gateway), CHANGE_KEY),
      taking("either", "DELETE", "/keys/:id", revokeKey(gateway), REVOKE_KEY),
      taking("session", "POST", "/stakes", stake(gateway), STAKE),
      taking("session", "POST", "/collects", collect(gateway), COLLECT),
      open("POST", "/withdrawals", withdraw(gateway), WITHDRAW),
      open("POST", "/unstakes", unstake(gateway), UNSTAKE),
      open("POST", "/claims", claim(gateway), CLAIM),
      open("POST", "/workers/challenges", workerChallenge(gateway), WORKER_CHALLENGE),
      open("POST", "/workers/delegations", delegate(gateway), DELEGATE),
      open("POST", "/workers/sessions", openWorkerSession(gateway), WORKER_SESSION),
      open("GET", "/models", models(gateway), MODELS),
      open("GET", "/models/*", model(gateway), MODEL),
      open("GET", "/live", live(gateway), LIVE),
      open("GET", "/network", network(gateway), NETWORK),
      open("GET", "/status", status(gateway), STATUS),
      open("GET", "/epochs", epochs(gateway), EPOCHS),
      open("GET", "/epochs/:number", epoch(gateway), EPOCH),
      open("GET", "/epochs/:number/statement", epochStatement(gateway), EPOCH_STATEMENT),
      open("GET", "/reserves", reserves(gateway), RESERVES),
      open("GET", "/trust", trust(gateway), TRUST),
      open("GET", "/trust/verdicts", verdicts(gateway), VERDICTS),
      open("GET", "/trust/verdicts/:id", verdict(gateway), VERDICT),
      open("GET", "/trust/verdicts/:id/evidence", evidence(gateway), EVIDENCE),
    ],
  };
}

function open(
  method: HTTPMethods,
  path: string,
  handler: RouteHandlerMethod,
  operation: Operation,
): DialectRoute {
  return route(method, path, { handler, operation, open: method === "GET" ? "read" : "write" });
}

function taking(
  takes: CredentialKinds,
  method: HTTPMethods,
  path: string,
  handler: RouteHandlerMethod,
  operation: Operation,
): DialectRoute {
  return route(method, path, { handler, operation, takes });
}

function route(
  method: HTTPMethods,
  path: string,
  more: Omit<DialectRoute, "methods" | "path">,
): DialectRoute {
  return { methods: [method], path: `${PREFIX}${path}`, ...more };
}
