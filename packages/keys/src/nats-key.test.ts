import { natsKeyOf } from "./nats-key.js";

const SEED = "SUAGC3DPMQGKJ2GEIR7UPV7QIVW7DCQSZ2JGZVWPFS2ZEQ5PZ2XJXPKZ6M";

describe("natsKeyOf", () => {
  it.each([
    ["a last letter that says more than its bytes have", `${SEED.slice(0, -1)}5`],
    ["another checksum", `${SEED.slice(0, -2)}AA`],
    ["too short a text", SEED.slice(0, -1)],
    ["nothing", ""],
  ])("refuses %s, and shows nothing of it", (_what, text) => {
    expect(() => natsKeyOf(text)).toThrow(
      expect.objectContaining({ code: "invalid_argument", message: "this is not the seed of a NATS key" }),
    );
  });
});
