import type { RouteHandlerMethod } from "fastify";
import { prefersHtml } from "../../http/accepted.js";

/** GET /: what clients of Ollama look for, and the console for people who open the address in a browser. */
export const root: RouteHandlerMethod = async (request, reply) => {
  reply.header("vary", "Accept");
  // The address may have a key in it.
  if (prefersHtml(request.headers.accept))
    return reply.header("referrer-policy", "no-referrer").redirect("/console/", 302);
  return reply.type("text/plain; charset=utf-8").send("Ollama is running");
};
