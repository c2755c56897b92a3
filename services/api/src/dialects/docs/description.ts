/** What `/openapi.json` says before its routes; in paragraphs. */
export const DESCRIPTION = [
  "One LLM service, made of many machines that run Ollama. It speaks the APIs of Ollama, OpenAI and Anthropic; a client of any of them needs this address and a key. Where guests are served (`guests` of `GET /flock/v1/network` says so), models need none.",
  "The key goes as `Authorization: Bearer flk_…`, as `x-api-key` with Anthropic's API, or in front of every path: `/k/<key>/api/chat`.",
  "Errors have the form of the API that the path is of. A path that there is not gets 404; other methods of a path get 405 and the header `allow`. After a stream has begun, an error is its last line or event.",
  "Requests may have more members than are described: they are ignored. With Ollama's, OpenAI's and Anthropic's API names match in any case, and `null` is as good as absent. The content type of a body does not matter.",
].join("\n\n");
