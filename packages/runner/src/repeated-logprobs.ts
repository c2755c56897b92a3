interface Logprob {
  readonly token?: unknown;
}

/**
 * Log probabilities of a piece whose first `length` characters were delivered before: without the tokens of these. A
 * token that reaches beyond them keeps its other characters, so that the tokens are those of the text that the client
 * has.
 */
export function logprobsBehind(logprobsJson: Uint8Array, length: number): Uint8Array {
  if (length === 0) return logprobsJson;
  // CAST: the worker has written it, from what Ollama said.
  const logprobs = JSON.parse(Buffer.from(logprobsJson).toString()) as readonly Logprob[];
  let skip = length;
  const rest = logprobs.flatMap((logprob) => {
    const token = String(logprob.token ?? "");
    const visible = token.slice(skip);
    skip = Math.max(0, skip - token.length);
    if (visible === token) return [logprob];
    return visible === "" ? [] : [{ ...logprob, token: visible, bytes: [...Buffer.from(visible)] }];
  });
  return Buffer.from(JSON.stringify(rest));
}
