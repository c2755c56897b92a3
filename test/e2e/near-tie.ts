interface TokenChoice {
  readonly token: string;
  readonly logprob: number;
  readonly top_logprobs: readonly { readonly token: string; readonly logprob: number }[];
}

/** Two tokens whose log probabilities differ by less than this may change places between two ways of computing them. */
const TIE_NATS = 0.1;

/**
 * Whether `text` departs from the engine's own answer at a token for which the model had two candidates of (nearly) the
 * same probability, and takes the other one: prompts are computed in batches, answers token by token, and the two
 * differ in the last digits.
 * @param request body of /api/generate at temperature 0.
 */
export async function departsAtNearTie(engineUrl: string, request: object, text: string): Promise<boolean> {
  const body = JSON.stringify({ ...request, stream: false, logprobs: true, top_logprobs: 2 });
  const response = await fetch(`${engineUrl}/api/generate`, { method: "POST", body });
  const { logprobs } = (await response.json()) as { logprobs: readonly TokenChoice[] };
  let reference = "";
  for (const { token, top_logprobs: candidates } of logprobs) {
    if (!text.startsWith(reference + token)) {
      const [first, second] = candidates;
      if (first === undefined || second === undefined) return false;
      const isTie = Math.abs(first.logprob - second.logprob) < TIE_NATS;
      return isTie && text.startsWith(reference + second.token);
    }
    reference += token;
  }
  return false;
}
