import { ADDRESS_USE_MS, ADDRESSES_MAX, RequesterAddresses, randomName } from "./requester-addresses.js";

const open = new Set<string>();
let addresses: RequesterAddresses;
let nowMs = 0;

beforeEach(() => {
  open.clear();
  nowMs = 0;
  const listen = (name: string): (() => void) => {
    open.add(name);
    return () => open.delete(name);
  };
  addresses = new RequesterAddresses(listen, nowMs);
  addresses.open();
});

/** As long as an address can be in use, and the ticks in which another one takes its place. */
function passOneUse(): void {
  nowMs += ADDRESS_USE_MS.max;
  addresses.tick(nowMs);
  nowMs += 100;
  addresses.tick(nowMs);
}

describe("a name", () => {
  it("is as long as a NATS unique id and of its letters, and has nothing in common with the one before", () => {
    const names = Array.from({ length: 200 }, randomName);
    for (const name of names) expect(name).toMatch(/^[0-9A-Za-z]{22}$/);
    expect(new Set(names.map((name) => name.slice(0, 6))).size).toBe(200);
    expect(new Set(names.map((name) => name.slice(-6))).size).toBe(200);
  });
});

describe("a requester's addresses", () => {
  it("are one at first, which is listened on", () => {
    expect([...open]).toEqual([addresses.take()]);
  });

  it("change after a while that nobody can foretell, and the old one without jobs is given up", () => {
    const first = addresses.take();
    addresses.giveBack(first, nowMs);
    nowMs = ADDRESS_USE_MS.min - 1;
    addresses.tick(nowMs);
    expect(addresses.names).toEqual([first]);
    passOneUse();
    const second = addresses.take();
    expect(second).not.toBe(first);
    expect([...open]).toEqual([second]);
  });

  it("are listened on for one tick before the first job has them", () => {
    const first = addresses.take();
    nowMs = ADDRESS_USE_MS.max;
    addresses.tick(nowMs);
    expect([open.size, addresses.take()]).toEqual([2, first]);
    addresses.tick(nowMs + 100);
    expect(addresses.take()).not.toBe(first);
  });

  it("are listened on as long as they have jobs, and a little longer", () => {
    const first = addresses.take();
    passOneUse();
    expect(open.has(first)).toBe(true);
    addresses.giveBack(first, nowMs);
    addresses.tick(nowMs + 9_999);
    expect(open.has(first)).toBe(true);
    addresses.tick(nowMs + 10_000);
    expect(open.has(first)).toBe(false);
  });

  it("are never more than so many, and the last one is used on while all have jobs", () => {
    const names = new Set<string>();
    for (let use = 0; use < ADDRESSES_MAX + 3; use++) {
      names.add(addresses.take());
      passOneUse();
      expect(open.size).toBeLessThanOrEqual(ADDRESSES_MAX);
    }
    expect(names.size).toBe(ADDRESSES_MAX);
    const [oldest = ""] = names;
    addresses.giveBack(oldest, nowMs);
    passOneUse();
    passOneUse();
    expect([names.has(addresses.take()), open.has(oldest)]).toEqual([false, false]);
  });

  it("are each due to be said alive once in a second", () => {
    addresses.take();
    passOneUse();
    const said = new Map<string, number>();
    for (let tick = 0; tick < 100; tick++) {
      nowMs += 100;
      for (const name of addresses.dueAlive(nowMs)) said.set(name, (said.get(name) ?? 0) + 1);
    }
    expect([...said.values()]).toEqual([10, 10]);
  });
});
