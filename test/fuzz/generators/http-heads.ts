import fc from "fast-check";
import { mutatedText } from "./text.js";

/* Request heads that are almost right. */

/** What lets a request in, where it is asked for. */
export const CREDENTIAL = { authorization: "Bearer flk_fuzz" };

const METHODS = ["GET", "GET", "GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

const TARGETS: readonly string[] = [
  ...[
    "/",
    "/api/tags",
    "/api/ps",
    "/api/version",
    "/v1/models",
    "/v1/models/able:7b",
    "/api/chat",
    "/openapi.json",
  ],
  ...["/docs", "/k/flk_fuzz/api/tags", "http://host/api/tags", "/v1/models?limit=5&after_id=able%3A7b"],
  ...[
    "/flock/v1/network",
    "/flock/v1/models",
    "/flock/v1/models/a/b:c",
    "/flock/v1/live",
    "/flock/v1/epochs?cursor=&limit=5",
    "/flock/v1/epochs/3",
  ],
  ...["/flock/v1/epochs/3/statement", "/flock/v1/reserves", "/flock/v1/account", "/flock/v1/deposit"],
  ...["/flock/v1/statement?kind=job&from=2026-01-01T00:00:00Z&cursor=a:b", "/flock/v1/earnings?cursor=9"],
  ...["/flock/v1/usage?from=2026-11-01&to=2026-11-30&by=day,model&key=0b9c2f0e-5a51-4f0a-9d0c-6a4b5f7c8d9e"],
  ...["/flock/v1/jobs?limit=500", "/flock/v1/jobs/0b9c2f0e-5a51-4f0a-9d0c-6a4b5f7c8d9e/receipt"],
  ...["/flock/v1/withdrawals/0b9c2f0e-5a51-4f0a-9d0c-6a4b5f7c8d9e", "/flock/v1/deposits", "/flock/v1/keys"],
];

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  authorization: ["Bearer flk_fuzz", "Basic YTpi", "bearer  flk_fuzz"],
  "x-api-key": ["flk_fuzz"],
  "x-flock-max-price": ["1500000", "0"],
  "x-flock-min-privacy": ["plaintext", "sealed-to-worker"],
  "x-flock-checked-only": ["true", "FALSE"],
  "x-flock-checking": ["never", "Always"],
  "x-flock-exclude-workers": ["w-aaaa, w-bbbb"],
  "x-flock-prefer-worker": ["w-aaaa"],
  "x-flock-max-queue-ms": ["5000"],
  "x-flock-fallback-models": ["able:7b,flock-tiny"],
  "x-forwarded-for": ["203.0.113.7", "::ffff:203.0.113.7, 10.0.0.1"],
  traceparent: ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  origin: ["https://a.example"],
  accept: ["text/html", "*/*"],
  "anthropic-version": ["2023-06-01"],
  "if-none-match": ['"abc"'],
  "content-type": ["application/json", "multipart/form-data; boundary=x"],
};

/** What a head may carry; a client's library would not let the rest out. */
function isFieldValue(text: string): boolean {
  return /^[\x20-\x7e\x80-\xff]*$/.test(text);
}

export interface HttpHead {
  readonly method: (typeof METHODS)[number];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const header = fc
  .constantFrom(...Object.entries(HEADERS))
  .chain(([name, values]) => fc.tuple(fc.constant(name), mutatedText(values).filter(isFieldValue)));

export const httpHeads: fc.Arbitrary<HttpHead> = fc.record({
  method: fc.constantFrom(...METHODS),
  // What feeds the routes without a connection reads a target itself, and throws at some.
  url: mutatedText(TARGETS)
    .map((target) => encodedTarget(target))
    .filter((target) => URL.canParse(target.replace(/^\/\//, "/"), "http://host")),
  headers: fc
    .array(header, { maxLength: 4 })
    .map((given) => ({ ...CREDENTIAL, ...Object.fromEntries(given) })),
});

/** With what a request line cannot have in percent signs; those that were there are as they were. */
function encodedTarget(target: string): string {
  const path = target.startsWith("/") || target.startsWith("http://") ? target : `/${target}`;
  return path.replace(/[^\x21-\x7e]/gu, encodedCharacter).slice(0, 8_000);
}

/** Also of half a surrogate pair. */
function encodedCharacter(character: string): string {
  return encodeURIComponent(Buffer.from(character).toString());
}
