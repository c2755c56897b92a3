import { integer } from "@flock/configuration";
import { FlockError } from "@flock/errors";
import { faultOfWalletAddress, isIdentityId } from "@flock/keys";
import { readServiceEnvironment } from "@flock/mesh";
import { ollamaUrl } from "@flock/ollama";
import { HARDWARE_CLASS_NAMES } from "@flock/proto/workers";
import { z } from "zod";

const url = z
  .string()
  .default("")
  .refine((text) => text === "" || (/^https?:\/\//.test(text) && URL.canParse(text)), {
    error: "it is not a URL like https://api.example",
  });

const address = z
  .string()
  .default("")
  .transform((text, { addIssue }) => {
    const fault = text === "" ? undefined : faultOfWalletAddress(text);
    if (fault !== undefined) addIssue(fault);
    return text;
  });

/** The worker's variables. Their descriptions make the table in the README. */
export const variables = {
  OLLAMA_HOST: z
    .string()
    .default("")
    .transform((text, { addIssue }) => {
      try {
        return ollamaUrl(text);
      } catch (error) {
        addIssue(FlockError.from(error).message);
        return z.NEVER;
      }
    })
    .describe(
      "the Ollama at its side, in any of the forms that [Ollama itself reads](../../packages/ollama/src/ollama-host.ts); never asked through a proxy",
    ),
  WORKER_KEY_FILE: z
    .string()
    .min(1)
    .default("worker-key.json")
    .describe(
      "its wallet, a Solana key file; created if it does not exist. Its key signs delegations and nothing else",
    ),
  WORKER_API_URL: url.describe(
    "the network's API: the worker enrols there, and is told where NATS is. Empty: it connects as `NATS_URL` and `NATS_CREDENTIALS_FILE` say, to a mesh without accounts or with a credential from its operator, and signs with its key file",
  ),
  WORKER_WALLET: address.describe(
    "address of a wallet whose key is elsewhere (a hardware wallet), in place of `WORKER_KEY_FILE`: `flock-worker enrol` has it sign",
  ),
  WORKER_ENROLMENT_FILE: z
    .string()
    .min(1)
    .default("worker-enrolment.json")
    .describe(
      "with `WORKER_WALLET`: where `flock-worker enrol` has put the worker's own key and the delegation; secret",
    ),
  WORKER_PAYOUT: address.describe(
    "address of the wallet that is paid. Empty: the worker's own; with `WORKER_WALLET`, the one that it has signed for",
  ),
  WORKER_MESH_KEYS: z
    .string()
    .default("")
    .transform((text) => text.split(",").map((key) => key.trim()))
    .transform((keys) => keys.filter((key) => key !== ""))
    .refine((keys) => keys.every(isIdentityId), { error: "are public keys, separated by commas" })
    .describe(
      "public keys of the mesh, separated by commas: tickets and commands that none has signed are dropped. With `WORKER_API_URL` the api says them; without it they are **required**",
    ),
  WORKER_CONTEXT_LENGTH: integer(256, 16_777_216)
    .default(4_096)
    .describe(
      "tokens of context that a model runs with, if its Modelfile sets no `num_ctx` and the model was made for as many; longer prompts are refused. The default is Ollama's own, so that its owner's use does not load a model anew",
    ),
  WORKER_SLOTS: integer(1, 1_024)
    .default(1)
    .describe(
      "jobs that run at once; no more than Ollama runs in parallel (`OLLAMA_NUM_PARALLEL`), because Ollama queues the rest",
    ),
  WORKER_HARDWARE: z
    .enum(["auto", ...HARDWARE_CLASS_NAMES])
    .default("auto")
    .describe(
      "what its models run on, for the network's figures, where it counts with all of its kind: `cpu`, graphics memory in GB (`gpu-8`, `gpu-16`, `gpu-24`, `gpu-48`, `gpu-more`), `unified` (one memory for all), or `other`: it does not say. `auto`: it looks, if Ollama is on its machine",
    ),
  WORKER_MODELS_INTERVAL_MS: integer(100, 600_000)
    .default(2_000)
    .describe("how often Ollama is asked which models it has and which are loaded"),
  WORKER_DRAIN_MS: integer(0, 3_600_000)
    .default(20_000)
    .describe(
      "how long running jobs may go on after SIGTERM, before they are given back to run elsewhere; 0: they are given back at once. Keep it below `DRAIN_TIMEOUT_MS`",
    ),
};

/** The worker's configuration; throws `invalid_argument` naming every bad variable. */
export function readWorkerConfig(environment: NodeJS.ProcessEnv) {
  const config = readServiceEnvironment("WORKER_", variables, environment);
  const { WORKER_API_URL, WORKER_WALLET, WORKER_PAYOUT } = config;
  for (const [name, value] of Object.entries({ WORKER_WALLET, WORKER_PAYOUT }))
    if (value !== "" && WORKER_API_URL === "")
      throw new FlockError("invalid_argument", `${name}: it needs WORKER_API_URL, where the worker enrols`);
  if (WORKER_API_URL === "" && config.WORKER_MESH_KEYS.length === 0)
    throw new FlockError(
      "invalid_argument",
      "WORKER_API_URL: is missing: the network's API. (Without one, WORKER_MESH_KEYS is needed, from the operator.)",
    );
  return config;
}

export type WorkerConfig = ReturnType<typeof readWorkerConfig>;
