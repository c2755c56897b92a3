import { resolve } from "node:path";
import { FlockError } from "@flock/errors";
import type { Answer, Call } from "../command.js";
import { listed } from "../output/page.js";
import { table } from "../output/sheet.js";
import { type Context, contextNamed, contextsFile, readContexts, writeContexts } from "../places/contexts.js";
import { type Place, placesOf } from "../places/places.js";

const NAME = /^[A-Za-z0-9][\w.-]{0,49}$/;

/** `flock context list` */
export async function listContexts({ surroundings: { environment } }: Call): Promise<Answer> {
  const { current, contexts } = await readContexts(environment);
  const all = Object.entries(contexts);
  return listed({
    json: {
      current: current ?? null,
      contexts: all.map(([name, context]) => ({ name, ...jsonOf(context) })),
    },
    head: ["name", "", "API", "key file", "wallet"],
    rows: all.map(([name, { apiUrl, keyFile, wallet }]) => [
      name,
      name === current ? "in use" : "",
      apiUrl ?? "",
      keyFile ?? "",
      wallet ?? "",
    ]),
    none: "no network has a name: flock context set gives one",
  });
}

/** `flock context show`: each value with where it comes from; of a key only how it begins. */
export async function showContext(call: Call): Promise<Answer> {
  const { context, apiUrl, key, wallet } = await placesOf(call);
  const shownKey = key && !key.isFile ? { ...key, value: `${key.value.slice(0, 8)}…` } : key;
  const known: Readonly<Record<string, Place | undefined>> = {
    context,
    api_url: apiUrl,
    key: shownKey,
    wallet,
  };
  const rows = Object.entries(known).map(([name, place]) => [
    name.replace("_", " "),
    place?.value ?? "none",
    place?.from ?? "",
  ]);
  const json = Object.entries(known).map(([name, place]) => [
    name,
    place === undefined ? null : { value: place.value, from: place.from },
  ]);
  return { json: Object.fromEntries(json), text: table(["what", "value", "from"], rows) };
}

/** `flock context use` */
export async function useContext({ args, surroundings: { environment } }: Call): Promise<Answer> {
  const known = await readContexts(environment);
  const name = args[0] ?? "";
  const { contexts } = known;
  if (name !== "-") contextNamed(known, name);
  await writeContexts(environment, name === "-" ? { contexts } : { contexts, current: name });
  return name === "-"
    ? { json: { current: null }, text: "no context is used from now on\n" }
    : { json: { current: name }, text: `context ${name} is used from now on\n` };
}

/** `flock context set`: what is not said of a network stays as it was. */
export async function setContext({ args, options, surroundings: { environment } }: Call): Promise<Answer> {
  const name = args[0] ?? "";
  if (!NAME.test(name))
    throw new FlockError(
      "invalid_argument",
      `'${name}': a name has letters, digits, dots and dashes, 50 at most`,
    );
  const { current, contexts } = await readContexts(environment);
  const before = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  const { apiUrl, keyFile, wallet } = options;
  if (apiUrl !== undefined && !(URL.canParse(apiUrl) && /^https?:$/.test(new URL(apiUrl).protocol)))
    throw new FlockError("invalid_argument", `--api-url ${apiUrl} is not the URL of an API`);
  const context: Context = {
    ...before,
    ...(apiUrl === undefined ? {} : { apiUrl: apiUrl.replace(/\/+$/, "") }),
    ...(keyFile === undefined ? {} : { keyFile: resolve(keyFile) }),
    ...(wallet === undefined ? {} : { wallet: resolve(wallet) }),
  };
  if (context.apiUrl === undefined)
    throw new FlockError("invalid_argument", `which network is ${name}? name its API with --api-url`);
  const inUse = current ?? name;
  const file = await writeContexts(environment, {
    current: inUse,
    contexts: { ...contexts, [name]: context },
  });
  return {
    json: { name, ...jsonOf(context), in_use: inUse === name, file },
    text: `context ${name} is ${context.apiUrl}${inUse === name ? ", and in use" : ""}\n`,
  };
}

/** `flock context remove` */
export async function removeContext({ args, surroundings: { environment } }: Call): Promise<Answer> {
  const known = await readContexts(environment);
  const name = args[0] ?? "";
  contextNamed(known, name);
  const { [name]: _removed, ...contexts } = known.contexts;
  const isUsed = known.current === name;
  await writeContexts(
    environment,
    isUsed || known.current === undefined ? { contexts } : { contexts, current: known.current },
  );
  return {
    json: { name, removed: true, file: contextsFile(environment) },
    text: `context ${name} is forgotten${isUsed ? "; none is in use now" : ""}\n`,
  };
}

function jsonOf({ apiUrl, keyFile, wallet }: Context) {
  return { api_url: apiUrl ?? null, key_file: keyFile ?? null, wallet: wallet ?? null };
}
