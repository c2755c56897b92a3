import { describeConnections } from "./describe-connections.js";
import { describeOllamaClient } from "./describe-ollama-client.js";
import { bearer, send, type Target } from "./http-client.js";
import { OLLAMA_REQUESTS } from "./ollama-requests.js";

/**
 * The Ollama dialect's conformance tests. `target` is asked for inside tests: start what they run against in
 * `beforeAll`.
 */
export function describeOllama(target: () => Target): void {
  describe.each(Object.entries(OLLAMA_REQUESTS))("%s", (_topic, rows) => {
    it.each(rows.map((row) => [row.name, row.status, row] as const))(
      "%s: %i",
      async (_name, _status, row) => {
        const { headers, ...raw } = row.request(target());
        const sent = headers === null ? {} : { ...bearer(target()), ...headers };
        const response = await send(target().baseUrl, { ...raw, headers: sent });
        expect({ status: response.status, body: response.body }).toEqual({
          status: row.status,
          body: expect.anything(),
        });
        expect(response.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
        if (row.status === 401) expect(response.headers["www-authenticate"]).toBe("Bearer");
        if (raw.method === "HEAD") return expect(response.body).toBe("");
        if (row.status >= 400) {
          expect(response.headers["content-type"]).toContain("application/json");
          expect(JSON.parse(response.body)).toEqual({ error: expect.stringContaining(row.error ?? "") });
        }
        if (row.json !== undefined) expect(JSON.parse(response.body)).toEqual(row.json(target()));
      },
    );
  });
  describeConnections(target);
  describeOllamaClient(target);
}
