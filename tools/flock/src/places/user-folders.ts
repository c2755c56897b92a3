import { homedir } from "node:os";
import { posix, win32 } from "node:path";

/** Where this user's programs keep what is theirs. */
export interface UserFolders {
  readonly home: string;
  /** Settings of programs. */
  readonly config: string;
  /** Our own among them. */
  readonly flockConfig: string;
  /** What we can find out again. */
  readonly flockCache: string;
  /** A folder that a variable names; the specification of the XDG folders has a relative path ignored. */
  readonly named: (variable: string, otherwise: string) => string;
  readonly join: (...parts: string[]) => string;
}

/** By the XDG specification; on Windows, what stands there for the same. Nothing is read but what is given. */
export function userFolders(
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): UserFolders {
  const isWindows = platform === "win32";
  const { join, isAbsolute } = isWindows ? win32 : posix;
  const home = environment["HOME"] || environment["USERPROFILE"] || homedir();
  const named = (variable: string, otherwise: string) => {
    const given = environment[variable];
    return given !== undefined && isAbsolute(given) ? given : otherwise;
  };
  const config = isWindows
    ? named("APPDATA", join(home, "AppData", "Roaming"))
    : named("XDG_CONFIG_HOME", join(home, ".config"));
  const cache = isWindows
    ? named("LOCALAPPDATA", join(home, "AppData", "Local"))
    : named("XDG_CACHE_HOME", join(home, ".cache"));
  return {
    home,
    config,
    flockConfig: join(config, "flock"),
    // On Windows other things than caches are there, too.
    flockCache: isWindows ? join(cache, "flock", "cache") : join(cache, "flock"),
    named,
    join,
  };
}
