import { AddressRanges, clientOf, isAddressRange } from "./client-address.js";

describe("clientOf", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::FFFF:cb00:7107", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", "unknown"],
    ["203.0.113.7:4711", "unknown"],
    ["x".repeat(10_000), "unknown"],
  ])("counts %s as %s", (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});

describe("isAddressRange", () => {
  it.each(["127.0.0.1", "10.0.0.0/8", "0.0.0.0/1", "::1", "fd00::/8", "2001:db8::/128"])(
    "takes %s",
    (text) => {
      expect(isAddressRange(text)).toBe(true);
    },
  );

  it.each([
    "",
    "loopback",
    "proxy.example",
    "127.1",
    "10.0.0.0/0",
    "::/0",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/255.0.0.0",
    "10.0.0.0/8/8",
    "fe80::1%eth0",
  ])("refuses %j", (text) => {
    expect(isAddressRange(text)).toBe(false);
  });
});

describe("AddressRanges", () => {
  const ranges = new AddressRanges(["127.0.0.0/8", "192.0.2.1", "fd00::/8"]);

  it.each(["127.0.0.1", "127.255.0.1", "::ffff:127.0.0.1", "192.0.2.1", "fd12::1"])("have %s", (address) => {
    expect(ranges.has(address)).toBe(true);
  });

  it.each(["128.0.0.1", "192.0.2.2", "::1", "", "localhost"])("do not have %j", (address) => {
    expect(ranges.has(address)).toBe(false);
  });
});
