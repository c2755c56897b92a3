import { posix } from "node:path";
import { userFolders } from "../places/user-folders.js";

/** Where tools keep their files on this machine. */
export interface ToolPlaces {
  readonly platform: NodeJS.Platform;
  readonly environment: NodeJS.ProcessEnv;
  /** Ours: the files of variables, and the record of what was written. */
  readonly flockFolder: string;
  readonly zedSettings: string;
  readonly continueFolder: string;
  readonly aiderSettings: string;
  readonly cursorFolder: string;
  readonly ollamaFolder: string;
  /** Which profile the person's shell reads; undefined where it cannot be known (PowerShell's moves with OneDrive). */
  readonly profile: Profile | undefined;
  readonly join: (...parts: string[]) => string;
}

export interface Profile {
  readonly file: string;
  readonly shell: "fish" | "sh";
}

/**
 * The places of a machine; nothing is read but what is given.
 *
 * - Zed: `config_dir` in crates/paths/src/paths.rs of zed-industries/zed.
 * - Continue: https://docs.continue.dev/customize/deep-dives/configuration, and `CONTINUE_GLOBAL_DIR`.
 * - Aider: https://aider.chat/docs/config/aider_conf.html.
 */
export function toolPlacesOf(
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): ToolPlaces {
  const { home, config, flockConfig, named, join } = userFolders(environment, platform);
  const applications = platform === "darwin" ? join(home, "Library", "Application Support") : config;
  return {
    platform,
    environment,
    flockFolder: flockConfig,
    zedSettings: join(zedFolder(), "settings.json"),
    continueFolder: named("CONTINUE_GLOBAL_DIR", join(home, ".continue")),
    aiderSettings: join(home, ".aider.conf.yml"),
    cursorFolder: join(applications, "Cursor"),
    ollamaFolder: join(home, ".ollama"),
    profile: profile(),
    join,
  };

  function zedFolder(): string {
    if (platform === "win32") return join(config, "Zed");
    if (platform === "darwin") return join(home, ".config", "zed");
    return join(named("FLATPAK_XDG_CONFIG_HOME", config), "zed");
  }

  function profile(): Profile | undefined {
    if (platform === "win32") return undefined;
    const shell = posix.basename(environment["SHELL"] ?? "");
    if (shell === "fish") return { shell: "fish", file: join(config, "fish", "config.fish") };
    if (shell === "zsh") return { shell: "sh", file: join(named("ZDOTDIR", home), ".zshrc") };
    // A terminal of macOS starts login shells, and bash as one does not read .bashrc.
    if (shell === "bash")
      return { shell: "sh", file: join(home, platform === "darwin" ? ".bash_profile" : ".bashrc") };
    return { shell: "sh", file: join(home, ".profile") };
  }
}
