import { GatheredBytes } from "./gathered-bytes.js";

describe("GatheredBytes", () => {
  it("gives back what was added, in order, and begins anew", () => {
    const gathered = new GatheredBytes();
    for (const text of ["a", "", "bcd", "e".repeat(100)]) gathered.add(Buffer.from(text));
    expect(gathered.length).toBe(104);
    const first = gathered.take();
    gathered.add(Buffer.from("z"));
    expect(first.toString()).toBe(`abcd${"e".repeat(100)}`);
    expect([gathered.take().toString(), gathered.length]).toEqual(["z", 0]);
  });

  it("keeps no piece, however small: what becomes of it later changes nothing", () => {
    const gathered = new GatheredBytes();
    const piece = Buffer.from("a");
    for (let count = 0; count < 1_000; count++) gathered.add(piece);
    piece.fill("b");
    expect(gathered.take().toString()).toBe("a".repeat(1_000));
  });
});
