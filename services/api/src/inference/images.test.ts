import { base64Image } from "./images.js";

describe("base64Image", () => {
  it.each(["AAAA", "AAA=", "AA==", "AAAAAA==", "AA\r\nAA\n", "++//"])("takes %j", (image) => {
    expect(base64Image(image, "image")).toBe(image);
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
  ])("refuses %j by the name that the client has for it", (image) => {
    expect(() => base64Image(image, "images[1]")).toThrow('field "images[1]" must be base64');
  });

  it("looks at 20 MiB in a moment, whatever is in them", () => {
    // Of the processor: the wall clock would measure what else the machine does.
    const before = process.cpuUsage();
    for (const text of ["=", "\n", "A\n", "=\n"]) {
      const image = text.repeat((20 * 1024 * 1024) / text.length);
      try {
        base64Image(image, "image");
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid_argument" });
      }
    }
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
  });
});
