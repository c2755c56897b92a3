import type { Dialect, DialectRoute } from "../dialect.js";

/** How a request can carry its credential; the path in front is in the document's servers. */
export const SECURITY_SCHEMES = {
  key: { type: "http", scheme: "bearer", description: "An API key: `Authorization: Bearer flk_…`." },
  keyHeader: {
    type: "apiKey",
    in: "header",
    name: "x-api-key",
    description: "An API key, as Anthropic's clients send it.",
  },
  session: {
    type: "http",
    scheme: "bearer",
    description: "A session's token, from `POST /flock/v1/sign-in`.",
  },
} as const;

type SchemeName = keyof typeof SECURITY_SCHEMES;

/** The credentials of which a request needs one; none are needed where the list is empty. */
export function securityOf(
  { keyHeader }: Dialect,
  { open, takes = "key" }: DialectRoute,
): readonly Partial<Record<SchemeName, readonly string[]>>[] {
  if (open !== undefined) return [];
  const names: SchemeName[] = [];
  if (takes !== "session") names.push("key", ...(keyHeader === undefined ? [] : (["keyHeader"] as const)));
  if (takes !== "key") names.push("session");
  return names.map((name) => ({ [name]: [] }));
}
