import { call, type Mesh } from "@flock/mesh";
import { PROTOCOL_VERSION, type ServiceMethod } from "@flock/proto";

const TIMEOUT_MS = 5_000;

/** Calls a method of a service, as every client of it does. */
export function ask<Request extends { version: number }, Reply extends { version: number }>(
  mesh: Mesh,
  method: ServiceMethod<Request, Reply>,
  request: Omit<Request, "version">,
): Promise<Reply> {
  // CAST: all that Omit has taken away is put back.
  const whole = { version: PROTOCOL_VERSION, ...request } as Request;
  return call(mesh, method, whole, { timeoutMs: TIMEOUT_MS });
}

/** All pages of a list, each asked for with the cursor of the one before. Fails the test if there is no end to them. */
export async function pagesOf<Page extends { readonly nextCursor: string }>(
  read: (cursor: string) => Promise<Page>,
): Promise<Page[]> {
  const pages: Page[] = [];
  for (let cursor = ""; pages.length < 100; cursor = pages.at(-1)?.nextCursor ?? "") {
    pages.push(await read(cursor));
    if (pages.at(-1)?.nextCursor === "") return pages;
  }
  throw new Error("the pages have no end");
}
