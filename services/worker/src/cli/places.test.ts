import { dataFolder } from "./places.js";

describe("the folder of a worker's wallet", () => {
  it.each([
    ["linux", {}, "/home/ann/.local/share/flock-worker"],
    ["linux", { XDG_DATA_HOME: "/data" }, "/data/flock-worker"],
    ["linux", { XDG_DATA_HOME: "data" }, "/home/ann/.local/share/flock-worker"],
    ["darwin", { XDG_DATA_HOME: "/data" }, "/home/ann/Library/Application Support/flock-worker"],
    ["win32", { APPDATA: "/roaming" }, "/roaming/flock-worker"],
    ["win32", {}, "/home/ann/AppData/Roaming/flock-worker"],
  ] as const)("is where %s keeps such things, with %j: %s", (platform, environment, folder) => {
    expect(dataFolder(environment, platform, "/home/ann")).toBe(folder);
  });
});
