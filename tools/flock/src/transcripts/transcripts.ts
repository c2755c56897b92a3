/*
 * docs/cli.md: what the commands say, as they say it. A test runs them again and compares.
 */
import { commandPaths } from "../tree/command-spec.js";
import { COMMANDS } from "../tree/commands.js";
import { Stage, shownByConsole } from "./stage.js";

interface Scene {
  /** As it stands in a shell, behind the `$`. */
  readonly line: string;
  readonly args: readonly string[];
  readonly input?: string;
  readonly lines?: readonly string[];
  readonly isPipe?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

const typed = (line: string, given: Omit<Scene, "line" | "args"> = {}): Scene => ({
  line: `flock ${line}`,
  args: words(line),
  ...given,
});

const words = (line: string) =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");

interface Section {
  readonly title: string;
  readonly text: string;
  readonly scenes: readonly Scene[];
}

const SECTIONS: readonly Section[] = [
  {
    title: "The first hour",
    text: "`flock up` runs a whole network on this machine. Then, in another terminal:",
    scenes: [typed(""), typed("models"), typed('run flock-tiny "Tell me of a llama."')],
  },
  {
    title: "Answers",
    text: `\`flock run\` prints the answer alone on standard output. What it cost, and the way it went, stands on standard error.
Standard input is a prompt, or goes behind one whose last word is \`-\`. Without a key, nothing at all is shown to the
network: where it serves guests, it answers.`,
    scenes: [
      {
        line: "echo A llama | flock run flock-tiny 2>/dev/null | cat",
        args: ["run", "flock-tiny", "--quiet"],
        input: "A llama\n",
        isPipe: true,
      },
      typed('run flock-tiny "A llama" --json', { isPipe: true }),
      typed('run flock-tyni "A llama"'),
    ],
  },
  {
    title: "A conversation",
    text: "It is kept in memory, and nowhere else unless `--save` or `/save` names a file. Ctrl-C stops an answer.",
    scenes: [typed("chat flock-tiny", { lines: ["Tell me of a llama.", "/help", "/cost", "/bye"] })],
  },
  {
    title: "Keys and usage",
    text: `These sign in with the wallet, and out again. \`--out\` writes a key to a file that its owner alone can read, and
shows it nowhere.`,
    scenes: [
      typed("keys create --label laptop"),
      typed("keys list"),
      typed("keys revoke laptpo"),
      typed("usage"),
    ],
  },
  {
    title: "Tools that you have",
    text: `\`flock setup\` writes the network into their settings, and takes it out again: [clients.md](clients.md).`,
    scenes: [
      typed("setup"),
      {
        line: "FLOCK_API_KEY=flk_… flock setup aider --dry-run",
        args: ["setup", "aider", "--dry-run"],
        environment: { FLOCK_API_KEY: `flk_${"2kqV".repeat(10)}` },
      },
      typed("setup adier"),
    ],
  },
  {
    title: "Money",
    text: `What moves LLAMA shows the exact text that is signed, and asks. Where nobody can be asked, it wants \`--yes\`.
\`--dry-run\` only shows it. With \`--id\` the same can be asked for again without a second effect.`,
    scenes: [
      typed("balance"),
      typed("withdraw 2", { lines: ["y"] }),
      typed("stake add 1 --dry-run --json", { isPipe: true }),
      typed("stake add 1"),
      typed("earnings"),
    ],
  },
  {
    title: "A key that is elsewhere",
    text: `A wallet's key need not be where its owner is signed in: the console, an API and \`flock worker enrol\` show the text, and
\`flock wallet sign\` signs it where the key file is. It needs no network, and signs nothing but what this network has wallets
sign: a sign-in, a withdrawal, an unstake, a claim, a worker's key. From a pipe it wants \`--yes\`.`,
    scenes: [
      typed("wallet sign", { lines: [...shownByConsole(), "y"] }),
      {
        line: "echo Hello | flock wallet sign --yes",
        args: ["wallet", "sign", "--yes"],
        input: "Hello\n",
      },
    ],
  },
  {
    title: "Checking",
    text: "`flock verify` believes the API nothing. Its exit code is 7 where something is wrong.",
    scenes: [typed("verify reserves"), typed("verify reserves --treasury 11111111111111111111111111111111")],
  },
  {
    title: "Networks by name",
    text: `A flag counts more than a variable, a variable more than the context, the context more than \`local.json\` of a local
mesh. A key that belongs to a context or to the local mesh is shown to that network alone.`,
    scenes: [
      typed("context set work --api-url https://flock.example"),
      typed("context list"),
      { line: "flock context show | cat", args: ["context", "show"], isPipe: true },
      typed("context use wrok"),
    ],
  },
  {
    title: "Into programs",
    text: "",
    scenes: [
      typed("help output"),
      typed("models", { isPipe: true }),
      typed("keys crate --json", { isPipe: true }),
    ],
  },
  { title: "Exit codes", text: "", scenes: [typed("help exit-codes")] },
  { title: "Environment", text: "", scenes: [typed("help environment")] },
];

const HEAD = `# The command line

<!-- npm run documents writes this file: it runs the commands, and a test compares. Ids and times are masked. -->

In a checkout \`npm run -s flock -- <command>\` builds what is needed first; \`npx flock <command>\` is quicker once it is built.
\`flock completion bash\` (or \`zsh\`, \`fish\`, \`powershell\`) prints what has a shell complete commands, options, models and keys.
`;

/** @returns docs/cli.md */
export async function transcriptsMarkdown(): Promise<string> {
  const stage = new Stage();
  await stage.open();
  try {
    const parts: string[] = [HEAD];
    for (const { title, text, scenes } of SECTIONS) {
      parts.push(`\n## ${title}\n${text === "" ? "" : `\n${text}\n`}`);
      for (const scene of scenes) {
        const shown = await stage.run(scene.args, scene);
        parts.push(`\n\`\`\`console\n$ ${scene.line.trim()}\n${shown.trimEnd()}\n\`\`\`\n`);
      }
    }
    return [...parts, reference()].join("");
  } finally {
    await stage.close();
  }
}

function reference(): string {
  const rows = commandPaths(COMMANDS)
    .filter(({ spec }) => spec.load !== undefined)
    .map(({ words: path, spec }) => {
      const given = (spec.arguments ?? []).map(({ name }) => ` ${name}`).join("");
      return `| \`flock ${path.join(" ")}${given}\` | ${spec.summary.replaceAll("|", "\\|")} |`;
    });
  return `\n## All commands\n\n\`flock <command> --help\` has the options of each.\n\n| command | |\n| --- | --- |\n${rows.join("\n")}\n`;
}
