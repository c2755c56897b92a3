import { Fields } from "./fields.js";
import { readImages } from "./images.js";

const images = (value: unknown) => readImages(new Fields({ images: value }));

describe("readImages", () => {
  it.each(["AAAA", "AAA=", "AA==", "AAAAAA==", "AA\r\nAA\n", "++//"])("takes %j", (image) => {
    expect(images([image])).toEqual([image]);
  });

  it("takes none for absent", () => {
    expect([images(undefined), images(null), images([])]).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    "",
    "!!!",
    "A",
    "AA",
    "AAA",
    "A===",
    "====",
    "AA=A",
    "AA==AAAA",
    "=AAA",
    "AA-_",
    "AA AA",
    "data:image/png;base64,AAAA",
  ])("refuses %j, and says which one it is", (image) => {
    expect(() => images(["AAAA", image])).toThrow('field "images[1]" must be base64');
  });

  it("looks at 20 MiB in a moment, whatever is in them", () => {
    const startedMs = performance.now();
    for (const text of ["=", "\n", "A\n", "=\n"]) {
      const image = text.repeat((20 * 1024 * 1024) / text.length);
      try {
        images([image]);
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid_argument" });
      }
    }
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });
});
