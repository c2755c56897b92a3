import { ApiError } from "./api-error.js";

/** An example of an answer: what is not in it may be anything; of a list, each element is like its first. */
type Example = string | number | boolean | readonly Example[] | { readonly [member: string]: Example };

/** What pages rely on in answers that are asked for by a path. (The client library reads every other one itself.) */
const EXAMPLES: Readonly<Record<string, Example>> = {
  "/flock/v1/account": { wallet: { available_micro: "0" } },
  "/flock/v1/earnings": { totals: { earned_micro: "0" } },
  "/flock/v1/epochs": { epochs: [{}] },
  "/flock/v1/models": { models: [{ name: "m", capabilities: ["completion"], is_available: true }] },
  "/flock/v1/network": { parameters: {} },
  "/flock/v1/reserves": { liabilities: [{ kind: "wallet" }], on_chain_micro: "0" },
  "/flock/v1/status": {
    services: [{ name: "api", state: "ok" }],
    incidents: [{ id: "1", service: "api", began_at: "" }],
    days: [{ day: "", services: [{ name: "api" }] }],
  },
  "/flock/v1/workers": { workers: [{}] },
};

/** @throws ApiError which says which member of the answer is not what pages know. */
export function checkShape(path: string, answer: unknown): void {
  const [route = ""] = path.split("?", 1);
  const example = EXAMPLES[route];
  const wrong = example === undefined ? nullFault(answer) : faultOf(answer, example, "the answer");
  if (wrong === undefined) return;
  throw new ApiError(`the answer is not as this page knows it: ${wrong}`, { code: "unknown", status: 200 });
}

function nullFault(answer: unknown): string | undefined {
  return typeof answer === "object" && answer !== null ? undefined : "the answer is no object";
}

function faultOf(value: unknown, example: Example, name: string): string | undefined {
  if (typeof example !== "object")
    return typeof value === typeof example ? undefined : `${name} is no ${typeof example}`;
  if (isList(example)) {
    if (!Array.isArray(value)) return `${name} is no list`;
    const [first] = example;
    if (first === undefined) return undefined;
    return firstFault(value.map((each: unknown, index) => () => faultOf(each, first, `${name}[${index}]`)));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `${name} is no object`;
  const members = new Map<string, unknown>(Object.entries(value));
  return firstFault(
    Object.entries(example).map(
      ([member, each]) =>
        () =>
          faultOf(members.get(member), each, member),
    ),
  );
}

function firstFault(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const fault = check();
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isList(example: Example): example is readonly Example[] {
  return Array.isArray(example);
}
