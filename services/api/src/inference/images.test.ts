import { base64Image, dataUrlImage } from "./images.js";

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

describe("dataUrlImage", () => {
  it.each([
    "data:image/png;base64,",
    "data:image/jpeg;base64,",
    "data:image/jpg;base64,",
    "data:image/webp;base64,",
    "data:;base64,",
    "DATA:image/PNG;BASE64,",
  ])("takes the image behind %j", (prefix) => {
    expect(dataUrlImage(`${prefix}AAAA`, "url")).toBe("AAAA");
  });

  it.each(["http://127.0.0.1:1/x.png", "https://example.com/x.png", "HTTP://x", "https:x"])(
    "never fetches %j",
    (url) => {
      expect(() => dataUrlImage(url, "url")).toThrow("image URLs are not currently supported");
    },
  );

  it.each([
    ["data:image/png;base64,!!!", "must be base64"],
    ["data:image/png;base64,", "must be base64"],
    ["data:image/gif;base64,AAAA", "must be a data URL"],
    ["data:text/plain;base64,AAAA", "must be a data URL"],
    ["data:image/png,AAAA", "must be a data URL"],
    ["file:///etc/passwd", "must be a data URL"],
    ["AAAA", "must be a data URL"],
    ["", "must be a data URL"],
  ])("refuses %j: it %s", (url, message) => {
    expect(() => dataUrlImage(url, "content[0].url")).toThrow(`field "content[0].url" ${message}`);
  });
});
