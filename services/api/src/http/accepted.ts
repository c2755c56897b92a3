/* What a client would rather have (RFC 9110, 12.4 and 12.5). */

/** What a header of preferences lists, in lower case, and how much it is wanted: 0 to 1. */
function qualities(header: string): ReadonlyMap<string, number> {
  const listed = header.split(",").map((item): [string, number] => {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    return [name, quality === undefined ? 1 : /^(?:0|1)?(?:\.\d*)?$/.test(quality) ? Number(quality) : 0];
  });
  return new Map(listed.filter(([name]) => name !== ""));
}

/**
 * Whether a page is asked for rather than a text. Who takes anything (a star for type and subtype), as programs do,
 * asks for none; a browser that is shown an address names `text/html` first.
 */
export function prefersHtml(accept: string | undefined): boolean {
  const wanted = qualities(accept ?? "");
  const html = wanted.get("text/html") ?? 0;
  const text = wanted.get("text/plain");
  if (text !== undefined) return html > text;
  return html > 0 && html >= (wanted.get("text/*") ?? wanted.get("*/*") ?? 0);
}

/** The one of these encodings that the client wants most, the first of several; undefined: none of them. */
export function preferredEncoding<Encoding extends string>(
  acceptEncoding: string | undefined,
  encodings: readonly Encoding[],
): Encoding | undefined {
  const wanted = qualities(acceptEncoding ?? "");
  const qualityOf = (encoding: string) => wanted.get(encoding) ?? wanted.get("*") ?? 0;
  const plain = wanted.get("identity") ?? 0;
  const [best] = encodings
    .filter((encoding) => qualityOf(encoding) > 0 && qualityOf(encoding) >= plain)
    .sort((one, other) => qualityOf(other) - qualityOf(one));
  return best;
}
