import type { AccountClaims } from "./account-claims.js";

/**
 * The part of nats-server's configuration that turns accounts on. Nothing in it is secret. Accounts that are changed
 * while the server runs are kept in `resolverDirectory`, and win over those that stand here if they are newer.
 */
export function serverConfiguration(claims: AccountClaims, resolverDirectory: string): string {
  const { core, workers, system } = claims.accounts;
  const preload = [core, workers, system].map(({ id, jwt }) => `  ${id}: ${jwt}`);
  return `operator: ${claims.operatorJwt}
system_account: ${system.id}
# A client signs what the server sends it, which can take a busy machine longer than the two seconds of the default.
authorization { timeout: 5 }
resolver {
  type: full
  dir: ${JSON.stringify(resolverDirectory)}
  allow_delete: false
  interval: "2m"
}
resolver_preload {
${preload.join("\n")}
}
`;
}
