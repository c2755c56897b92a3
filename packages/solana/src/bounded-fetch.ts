/**
 * `fetch` that always ends: within `timeoutMs` the whole answer is there, or it throws an Error. web3.js takes no time
 * limit itself, and passes only failures on that are `instanceof Error` where it was loaded; with any other its caller
 * would wait for ever, and a loop with it.
 */
export function boundedFetch(timeoutMs: number): typeof fetch {
  return async (input, init) => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeoutMs);
    try {
      const answer = await fetch(input, { ...init, signal: abort.signal });
      const { status, statusText, headers } = answer;
      return new Response(await answer.text(), { status, statusText, headers });
    } catch (cause) {
      const what = abort.signal.aborted
        ? `the RPC does not answer within ${timeoutMs} ms`
        : "the RPC does not answer";
      throw new Error(what, { cause });
    } finally {
      clearTimeout(timer);
    }
  };
}
