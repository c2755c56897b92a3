import { homedir } from "node:os";
import { join } from "node:path";

/** Where programs of this platform keep what belongs to their user and must last. */
export function dataFolder(
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const { APPDATA, XDG_DATA_HOME } = environment;
  const name = "flock-worker";
  if (platform === "win32") return join(APPDATA || join(home, "AppData", "Roaming"), name);
  if (platform === "darwin") return join(home, "Library", "Application Support", name);
  // The specification: a relative path is to be ignored.
  return join(XDG_DATA_HOME?.startsWith("/") ? XDG_DATA_HOME : join(home, ".local", "share"), name);
}
