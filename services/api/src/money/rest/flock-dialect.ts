import type { HTTPMethods, RouteHandlerMethod } from "fastify";
import type { Dialect, DialectRoute } from "../../http/dialect.js";
import type { CredentialKinds } from "../../keys/credentials.js";
import type { MoneyGateway } from "../money-gateway.js";
import { account, statement } from "./account.js";
import { claim, depositInstructions, deposits } from "./deposits.js";
import { earnings } from "./earnings.js";
import { epochStatement } from "./epoch-statement.js";
import { epoch, epochs } from "./epochs.js";
import { errorBody } from "./error-body.js";
import { job, jobs } from "./jobs.js";
import { changeKey, createKey, listKeys, revokeKey } from "./keys.js";
import { network } from "./network.js";
import { reserves } from "./reserves.js";
import { challenge, endSession, openSession } from "./sessions.js";
import { collect, stake, unstake } from "./stakes.js";
import { usage } from "./usage.js";
import { withdraw, withdrawal, withdrawals } from "./withdrawals.js";

const PREFIX = "/flock/v1";

/**
 * The network's own API for accounts and money. Who may do what: anybody may see what is public, and hand in what a
 * wallet signed; an API key may also see its account and manage keys, if it has these scopes; a session may
 * also do both, stake and collect. LLAMA leaves an
 * account by a signed text alone.
 */
export function flockDialect(gateway: MoneyGateway): Dialect {
  return {
    name: "flock",
    owns: ({ path }) => path.startsWith("/flock/"),
    errorBody,
    routes: [
      open("POST", "/sign-in/challenge", challenge(gateway)),
      open("POST", "/sign-in", openSession(gateway)),
      taking("session", "POST", "/sign-out", endSession(gateway)),
      taking("either", "GET", "/account", account(gateway)),
      taking("either", "GET", "/statement", statement(gateway)),
      taking("either", "GET", "/deposit", depositInstructions(gateway)),
      taking("either", "GET", "/deposits", deposits(gateway)),
      taking("either", "GET", "/earnings", earnings(gateway)),
      taking("either", "GET", "/usage", usage(gateway)),
      taking("either", "GET", "/jobs", jobs(gateway)),
      taking("either", "GET", "/jobs/:id", job(gateway)),
      taking("either", "GET", "/withdrawals", withdrawals(gateway)),
      taking("either", "GET", "/withdrawals/:id", withdrawal(gateway)),
      taking("either", "POST", "/keys", createKey(gateway)),
      taking("either", "GET", "/keys", listKeys(gateway)),
      taking("either", "PATCH", "/keys/:id", changeKey(gateway)),
      taking("either", "DELETE", "/keys/:id", revokeKey(gateway)),
      taking("session", "POST", "/stakes", stake(gateway)),
      taking("session", "POST", "/collects", collect(gateway)),
      open("POST", "/withdrawals", withdraw(gateway)),
      open("POST", "/unstakes", unstake(gateway)),
      open("POST", "/claims", claim(gateway)),
      open("GET", "/network", network(gateway)),
      open("GET", "/epochs", epochs(gateway)),
      open("GET", "/epochs/:number", epoch(gateway)),
      open("GET", "/epochs/:number/statement", epochStatement(gateway)),
      open("GET", "/reserves", reserves(gateway)),
    ],
  };
}

function open(method: HTTPMethods, path: string, handler: RouteHandlerMethod): DialectRoute {
  return route(method, path, handler, { open: method === "GET" ? "read" : "write" });
}

function taking(
  takes: CredentialKinds,
  method: HTTPMethods,
  path: string,
  handler: RouteHandlerMethod,
): DialectRoute {
  return route(method, path, handler, { takes });
}

function route(
  method: HTTPMethods,
  path: string,
  handler: RouteHandlerMethod,
  access: Pick<DialectRoute, "open" | "takes">,
): DialectRoute {
  return { methods: [method], path: `${PREFIX}${path}`, handler, ...access };
}
