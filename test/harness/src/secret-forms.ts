/** Forms in which words, or a key, may lie in bytes: as they are, and as what encoders make of them. */
export function secretForms(mark: string | Uint8Array): Buffer[] {
  const text = Buffer.from(mark);
  const wide = typeof mark === "string" ? Buffer.from(mark, "utf16le") : text;
  const encoded = [text, wide].flatMap((bytes) => [
    ...[bytes.toString("hex"), bytes.toString("hex").toUpperCase()],
    // In base64 the same bytes look otherwise by where they begin, and neighbours change the first and last characters.
    ...[0, 1, 2].flatMap((before) => {
      const inner = Buffer.concat([Buffer.alloc(before), bytes])
        .toString("base64")
        .replaceAll("=", "")
        .slice(4, -4);
      return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
    }),
  ]);
  return [text, wide, Buffer.from(wide).swap16(), ...encoded.map((form) => Buffer.from(form))];
}
