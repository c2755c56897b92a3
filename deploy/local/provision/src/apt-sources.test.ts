import { mainArchives, parseAptSources, sourceLine } from "./apt-sources.js";

const DEB822 = `Types: deb
# a comment between the fields
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://old.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://vendor.example/packages
Suites: bookworm
Components:
 main
Trusted: yes
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abcd
`;

const ONE_LINE = `# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # the usual
deb [arch=amd64 signed-by=/etc/apt/keyrings/a.gpg trusted=yes] https://inner.example/debian/ stable main
deb-src http://mirror.example/debian bookworm main
deb https://vendor.example/apt vendor-suite extras
`;

describe("parseAptSources", () => {
  it("reads deb822: several suites, disabled and source stanzas left out, inline keys dropped", () => {
    const signedBy = "/usr/share/keyrings/debian-archive-keyring.gpg";
    expect(parseAptSources(DEB822, "deb822")).toEqual([
      { uri: "http://mirror.example/debian", suite: "bookworm", signedBy },
      { uri: "http://mirror.example/debian", suite: "bookworm-updates", signedBy },
      { uri: "http://mirror.example/debian-security", suite: "bookworm-security", signedBy },
      { uri: "https://vendor.example/packages", suite: "bookworm", trusted: true },
    ]);
  });

  it("reads one-line entries with and without options", () => {
    expect(parseAptSources(ONE_LINE, "one-line")).toEqual([
      { uri: "http://mirror.example/debian", suite: "bookworm" },
      {
        uri: "https://inner.example/debian/",
        suite: "stable",
        signedBy: "/etc/apt/keyrings/a.gpg",
        trusted: true,
      },
    ]);
  });
});

describe("mainArchives", () => {
  it("keeps the mirrors of the release itself or of a generic suite, each once", () => {
    const sources = [...parseAptSources(DEB822, "deb822"), ...parseAptSources(ONE_LINE, "one-line")];
    expect(mainArchives(sources, "bookworm").map(({ uri }) => uri)).toEqual([
      "http://mirror.example/debian",
      "https://vendor.example/packages",
      "https://inner.example/debian/",
    ]);
  });

  it("finds none on another distribution", () => {
    expect(mainArchives([{ uri: "http://archive.example/ubuntu", suite: "noble" }], "")).toEqual([]);
  });
});

describe("sourceLine", () => {
  it("keeps how the source is authenticated", () => {
    const source = { uri: "http://mirror.example/debian", suite: "bookworm", signedBy: "/k.gpg" };
    expect(sourceLine(source, "unstable")).toBe(
      "deb [signed-by=/k.gpg] http://mirror.example/debian unstable main",
    );
    expect(sourceLine({ uri: "http://m/d", suite: "s", trusted: true }, "trixie")).toBe(
      "deb [trusted=yes] http://m/d trixie main",
    );
    expect(sourceLine({ uri: "http://m/d", suite: "s" }, "trixie")).toBe("deb http://m/d trixie main");
  });
});
