import type { Answer, Call } from "../command.js";
import { completionScript } from "../completion/scripts.js";
import { Fault } from "../faults/fault.js";

const INSTALLING: Readonly<Record<string, string>> = {
  bash: "mkdir -p ~/.local/share/bash-completion/completions\nflock completion bash > ~/.local/share/bash-completion/completions/flock",
  zsh: 'mkdir -p ~/.zfunc && flock completion zsh > ~/.zfunc/_flock\necho "fpath+=(~/.zfunc); autoload -U compinit; compinit" >> ~/.zshrc',
  fish: "mkdir -p ~/.config/fish/completions\nflock completion fish > ~/.config/fish/completions/flock.fish",
  powershell: "flock completion powershell >> $PROFILE\n. $PROFILE",
};

/** `flock completion`: the script; on a terminal, how it is installed, too. */
export async function printCompletion({ args, surroundings }: Call): Promise<Answer> {
  const shell = args[0] ?? "";
  const script = completionScript(shell);
  if (script === undefined) throw new Fault("usage", `there is no completion for ${shell}`);
  const note = `\nTo install it:\n${INSTALLING[shell]}\n`;
  return { json: { shell, script }, text: script, ...(surroundings.terminal.stdout ? { note } : {}) };
}
