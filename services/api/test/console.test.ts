import { mkdir, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { startTestApi, type TestApi } from "./start-test-api.js";

const INDEX =
  "<!doctype html><title>A console</title><script type=module src=/console/assets/app-x1.js></script>";
const SCRIPT = `document.title = "${"flock ".repeat(200)}";`;
const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Sends this path as it is, and unpacks nothing. */
function ask(
  api: TestApi,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: api.port, path, headers, method }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(pieces),
        }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("the root", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api?.stop());

  it("sends browsers to the console, and tells everybody else that Ollama is running", async () => {
    for (const method of ["GET", "HEAD"]) {
      const page = await ask(api, "/", { accept: BROWSER }, method);
      expect([page.status, page.headers["location"], page.headers["vary"]]).toEqual([
        302,
        "/console/",
        "Accept",
      ]);
      for (const headers of [{}, { accept: "*/*" }, { accept: "application/json, text/plain, */*" }]) {
        const text = await ask(api, "/", headers as Record<string, string>, method);
        expect([text.status, text.headers["content-type"], text.headers["vary"], String(text.body)]).toEqual([
          200,
          "text/plain; charset=utf-8",
          "Accept",
          method === "GET" ? "Ollama is running" : "",
        ]);
      }
    }
  });

  it("takes no key along into the address of a page", async () => {
    const { status, headers } = await ask(api, `/k/${api.apiKey}/`, { accept: BROWSER });
    expect([status, headers["location"], headers["referrer-policy"]]).toEqual([
      302,
      "/console/",
      "no-referrer",
    ]);
  });
});

describe("a console that is not built", () => {
  it("says how to build it, and the api works all the same", async () => {
    const directory = await createTestDirectory();
    const folders = [directory.path, join(directory.path, "nowhere")];
    for (const consoleFolder of folders) {
      const api = await startTestApi({ consoleFolder });
      try {
        for (const path of ["/console/", "/console/assets/app.js"]) {
          const { status, headers, body } = await ask(api, path);
          expect([status, headers["content-type"], headers["content-security-policy"]]).toEqual([
            503,
            "text/html; charset=utf-8",
            POLICY,
          ]);
          expect(String(body)).toContain("npm run build");
        }
        expect((await ask(api, "/api/tags", { authorization: `Bearer ${api.apiKey}` })).status).toBe(200);
      } finally {
        await api.stop();
      }
    }
    await directory.remove();
  });
});

describe("a console that is built", () => {
  let directory: TestDirectory;
  let api: TestApi;

  beforeAll(async () => {
    directory = await createTestDirectory();
    const folder = join(directory.path, "dist");
    await mkdir(join(folder, "assets"), { recursive: true });
    await mkdir(join(folder, ".vite"));
    await writeFile(join(directory.path, "secret.json"), "a secret");
    const files: [string, string | Buffer][] = [
      ["index.html", INDEX],
      ["index.html.br", brotliCompressSync(INDEX)],
      ["favicon.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"],
      ["assets/app-x1.js", SCRIPT],
      ["assets/app-x1.js.br", brotliCompressSync(SCRIPT)],
      ["assets/app-x1.js.gz", gzipSync(SCRIPT)],
      ["assets/app-x1.css", "a{}"],
      [".vite/manifest.json", "{}"],
    ];
    for (const [path, content] of files) await writeFile(join(folder, path), content);
    await symlink(join(directory.path, "secret.json"), join(folder, "assets/linked.json"));
    api = await startTestApi({ consoleFolder: folder, corsOrigins: ["https://app.example"] });
  }, 60_000);
  afterAll(async () => {
    await api?.stop();
    await directory.remove();
  });

  it.each([
    ["/console", "its first page"],
    ["/console/", "its first page"],
    ["/console/network", "another page"],
    ["/console/models/qwen2.5:7b", "a page whose name has dots"],
    ["/console/models/hf.co%2Fsomebody%2Fmodel-v1.5", "a page whose name has slashes"],
    ["/console/index.html", "the file itself"],
  ])("%s is %s, under a policy that lets nothing in from elsewhere", async (path) => {
    const { status, headers, body } = await ask(api, path);
    expect([status, String(body)]).toEqual([200, INDEX]);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "permissions-policy": "camera=(), microphone=(), geolocation=()",
      "x-dns-prefetch-control": "off",
    });
    const again = await ask(api, path, { "if-none-match": String(headers["etag"]) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it("assets are kept for ever, and come packed as the client likes it", async () => {
    const path = "/console/assets/app-x1.js";
    const plain = await ask(api, path);
    expect([plain.status, String(plain.body)]).toEqual([200, SCRIPT]);
    expect(plain.headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      vary: expect.stringContaining("Accept-Encoding"),
      "x-content-type-options": "nosniff",
    });
    const packed = await ask(api, path, { "accept-encoding": "gzip, deflate, br" });
    expect(packed.headers["content-encoding"]).toBe("br");
    expect(String(brotliDecompressSync(packed.body))).toBe(SCRIPT);
    const gzipped = await ask(api, path, { "accept-encoding": "gzip" });
    expect(String(gunzipSync(gzipped.body))).toBe(SCRIPT);
    const page = await ask(api, "/console/", { "accept-encoding": "br" });
    expect(String(brotliDecompressSync(page.body))).toBe(INDEX);
    const head = await ask(api, path, { "accept-encoding": "br" }, "HEAD");
    expect([head.status, head.body.length, head.headers["content-length"]]).toEqual([
      200,
      0,
      String(packed.body.length),
    ]);
  });

  it("a file whose name does not change with it is asked for again", async () => {
    const { status, headers } = await ask(api, "/console/favicon.svg");
    expect([status, headers["content-type"], headers["cache-control"]]).toEqual([
      200,
      "image/svg+xml; charset=utf-8",
      "no-cache",
    ]);
  });

  it.each([
    "/console/assets/app-x0.js",
    "/console/assets/none",
    "/console/assets/",
    "/console/app-x1.js",
    "/console/assets/app-x1.js.br",
    "/console/.vite/manifest.json",
    "/console/assets/linked.json",
    "/console/%2e%2e/secret.json",
    "/console/..%2fsecret.json",
    "/console/assets/..%2f..%2f..%2fsecret.json",
    "/console/assets/..%5c..%5c..%5csecret.json",
    "/console/%252e%252e%252fsecret.json",
    "/console/../secret.json",
    "/console/assets/app-x1.js%00.html",
  ])("%s is nothing that there is", async (path) => {
    // Some of them lead out of the console, to paths that need a key.
    const { status, body } = await ask(api, path, { authorization: `Bearer ${api.apiKey}` });
    expect(status).toBe(404);
    expect(String(body)).not.toContain("a secret");
  });

  it("is no page of others: no key stays in its address, and CORS says nothing of it", async () => {
    const keyed = await ask(api, `/k/${api.apiKey}/console/network`);
    expect([keyed.status, keyed.headers["location"], keyed.headers["referrer-policy"]]).toEqual([
      302,
      "/console/network",
      "no-referrer",
    ]);
    const odd = await ask(api, `/k/${api.apiKey}/console//evil.example/%0d%0aset-cookie:x?a=1`);
    expect([odd.status, odd.headers["location"], odd.headers["set-cookie"]]).toEqual([
      302,
      "/console/evil.example/%0d%0aset-cookie:x?a=1",
      undefined,
    ]);
    for (const path of ["/console/", "/console/assets/app-x1.js"]) {
      const { headers } = await ask(api, path, { origin: "https://app.example" });
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
      expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    }
    const api2 = await ask(api, "/api/version", { origin: "https://app.example" });
    expect(api2.headers["access-control-allow-origin"]).toBe("https://app.example");
  });

  it("is read, and not written", async () => {
    const { status, headers } = await ask(
      api,
      "/console/",
      { authorization: `Bearer ${api.apiKey}` },
      "POST",
    );
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD"]);
  });
});
