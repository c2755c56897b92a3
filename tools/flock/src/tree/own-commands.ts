import type { ArgumentSpec, CommandSpec } from "./command-spec.js";

const group = "The command itself";

/** What `flock help <topic>` tells beside commands. */
export const HELP_TOPICS = ["exit-codes", "output", "environment"] as const;

const NAME: ArgumentSpec = { name: "<name>", about: "of a network", names: "contexts" };

/** Where the command looks, and how it is used. */
export const OWN_COMMANDS: readonly CommandSpec[] = [
  {
    name: "context",
    group,
    summary: "networks by name: their API, key file and wallet",
    commands: [
      {
        name: "list",
        summary: "the networks that have a name",
        examples: ["flock context list"],
        load: async () => (await import("../commands/context.js")).listContexts,
      },
      {
        name: "show",
        summary: "which network, key and wallet are used here, and where each value comes from",
        examples: ["flock context show", "flock context show --context work"],
        load: async () => (await import("../commands/context.js")).showContext,
      },
      {
        name: "use",
        summary: "uses a network from now on",
        arguments: [{ ...NAME, about: 'of a network; "-": none, but that of this machine' }],
        examples: ["flock context use work", "flock context use -"],
        load: async () => (await import("../commands/context.js")).useContext,
      },
      {
        name: "set",
        summary: "gives a network a name, or changes what belongs to it: --api-url, --key-file, --wallet",
        arguments: [NAME],
        notes:
          "The first one is used at once. Files are kept by their absolute path, and keys stay in their files.",
        examples: ["flock context set work --api-url https://api.example --key-file ~/key.txt"],
        load: async () => (await import("../commands/context.js")).setContext,
      },
      {
        name: "remove",
        summary: "forgets a network; its files stay",
        arguments: [NAME],
        examples: ["flock context remove work"],
        load: async () => (await import("../commands/context.js")).removeContext,
      },
    ],
  },
  {
    name: "completion",
    group,
    summary: "prints what has a shell complete commands, options, models, keys and networks",
    arguments: [{ name: "<shell>", about: "which", choices: ["bash", "zsh", "fish", "powershell"] }],
    examples: [
      "flock completion bash > ~/.local/share/bash-completion/completions/flock",
      "source <(flock completion bash)",
    ],
    load: async () => (await import("../commands/completion.js")).printCompletion,
  },
  {
    name: "help",
    group,
    summary: "tells of a command, or of exit codes, output, or what is read of the environment",
    arguments: [{ name: "[topic]", about: "a command, or", choices: HELP_TOPICS }],
    examples: ["flock help keys create", "flock help exit-codes"],
    load: async () => (await import("../commands/help.js")).showTopic,
  },
];
