import fc from "fast-check";
import { fuzzTarget } from "../fuzz-target.js";
import { CREDENTIAL } from "../generators/http-heads.js";
import { mutatedJson } from "../generators/json.js";
import { mustHold } from "../outcome.js";
import { type ApiInProcess, apiInProcess } from "../rigs/api-in-process.js";
import { CANARY, withCanary } from "../rigs/canary.js";
import { goldenBodies } from "../rigs/golden-bodies.js";
import { checkError, checkStatus } from "../rigs/http-answers.js";

const WALLET = "24U27RZkPdM2WeaRA8V1HmFhmUtsyXJDRz7URKfioQZ";
const SIGNED = { text: "FlockOllamas withdrawal\nnetwork: x\n", signature: "5".repeat(88) };
/** Bodies of the network's own API. */
const OWN = [
  { path: "/flock/v1/sign-in/challenge", body: { address: WALLET } },
  { path: "/flock/v1/sign-in", body: { message: "a text", signature: "5".repeat(88) } },
  {
    path: "/flock/v1/keys",
    body: { label: "a key", scopes: ["inference"], limits: { requests_per_minute: 5 } },
  },
  { path: "/flock/v1/stakes", body: { id: "0b9c2f0e-5a51-4f0a-9d0c-6a4b5f7c8d9e", amount_micro: "1500000" } },
  ...["/flock/v1/withdrawals", "/flock/v1/unstakes", "/flock/v1/claims"].map((path) => ({
    path,
    body: SIGNED,
  })),
];

export const httpBodies = fuzzTarget({
  name: "http-bodies",
  about: "bodies of every dialect, through the api's routes up to a requester that answers at once",
  open: async () => {
    const api = await apiInProcess();
    const seeds = [...goldenBodies(), ...OWN];
    const paths = [...new Set(seeds.map(({ path }) => path))];
    const request = fc.oneof(
      ...paths.map((path) => {
        const bodies = seeds.filter((seed) => seed.path === path).map(({ body }) => withCanary(body));
        return fc.record({ path: fc.constant(path), body: mutatedJson(bodies) });
      }),
    );
    return {
      inputs: request,
      probe: ({ path, body }) => post(api, path, body),
      close: () => api.app.close(),
    };
  },
});

async function post(api: ApiInProcess, path: string, body: Buffer): Promise<boolean> {
  const { requester, logs } = api;
  requester.jobs.length = 0;
  logs.length = 0;
  const answer = await api.app.inject({ method: "POST", url: path, headers: CREDENTIAL, payload: body });
  checkStatus(answer, logs);
  checkError(path, answer);
  mustHold(!logs.some((line) => line.includes(CANARY)), "a prompt was logged");
  mustHold(
    requester.jobs.every(({ isEnded }) => isEnded),
    "a job was left behind",
  );
  return answer.statusCode === 200;
}
