import { lookup } from "node:dns/promises";
import { addressesOf } from "./further-address.js";

describe("the addresses of a host", () => {
  it("are the host itself, unless it is localhost, which is all that this machine says", async () => {
    expect(await addressesOf("0.0.0.0")).toEqual(["0.0.0.0"]);
    const said = await lookup("localhost", { all: true });
    const addresses = await addressesOf("localhost");
    expect(new Set(addresses)).toEqual(new Set(said.map(({ address }) => address)));
    expect(new Set(addresses).size).toBe(addresses.length);
  });
});
