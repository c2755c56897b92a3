/*
 * Preloaded into the gateway. It sets headers of the responses that `fetch` gave it, which Node does not allow; so it
 * is given copies.
 */
const { fetch } = globalThis;

globalThis.fetch = async (input, init) => {
  const { body, status, statusText, headers } = await fetch(input, init);
  return new Response(body, { status, statusText, headers });
};
