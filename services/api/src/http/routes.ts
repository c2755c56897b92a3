import type { FastifyInstance, FastifyRequest, HTTPMethods, RouteHandlerMethod } from "fastify";
import type { Dialect, DialectRoute } from "./dialect.js";

/** The first one also answers for requests that none owns. */
export type Dialects = readonly [Dialect, ...Dialect[]];

/** A route and the dialect that it is of. */
interface OwnRoute extends DialectRoute {
  readonly dialect: Dialect;
}

export const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** The dialect that a request is in. */
export function dialectOf(dialects: Dialects, request: FastifyRequest): Dialect {
  const { method, url, headers } = request;
  const head = { method, path: url.split("?", 1)[0] ?? "/", headers };
  return dialects.find((dialect) => dialect.owns(head)) ?? dialects[0];
}

/** The route that answers a request, of the dialects that have it: its own, if that is one of them. */
export function routeOf(dialects: Dialects, request: FastifyRequest): DialectRoute | undefined {
  const { ownRoutes = [] } = request.routeOptions.config;
  if (ownRoutes.length <= 1) return ownRoutes[0];
  const own = dialectOf(dialects, request);
  return ownRoutes.find(({ dialect }) => dialect === own) ?? ownRoutes[0];
}

/** Adds the routes of all dialects. Other methods on their paths are given to `refuse`, with those that there are. */
export function addRoutes(
  app: FastifyInstance,
  dialects: Dialects,
  refuse: (allow: string) => RouteHandlerMethod,
): void {
  for (const [url, routesOf] of byPathAndMethod(dialects)) {
    for (const [method, ownRoutes] of routesOf) {
      const [only] = ownRoutes;
      const handler: RouteHandlerMethod =
        ownRoutes.length === 1 && only !== undefined
          ? only.handler
          : (request, reply) => routeOf(dialects, request)?.handler.call(app, request, reply);
      app.route({ method, url, config: { ownRoutes }, handler });
    }
    const others = METHODS.filter((method) => !routesOf.has(method));
    app.route({ method: others, url, handler: refuse([...routesOf.keys()].join(", ")) });
  }
}

function byPathAndMethod(dialects: Dialects): ReadonlyMap<string, ReadonlyMap<HTTPMethods, OwnRoute[]>> {
  const paths = new Map<string, Map<HTTPMethods, OwnRoute[]>>();
  for (const dialect of dialects)
    for (const route of dialect.routes) {
      const methods = paths.get(route.path) ?? new Map<HTTPMethods, OwnRoute[]>();
      paths.set(route.path, methods);
      for (const method of route.methods)
        methods.set(method, [...(methods.get(method) ?? []), { ...route, dialect }]);
    }
  return paths;
}

declare module "fastify" {
  interface FastifyContextConfig {
    ownRoutes?: readonly OwnRoute[];
  }
}
