/*
 * What shells read. Those of zsh, fish and PowerShell are of @bomb.sh/tab; that of bash is our own, because tab's
 * (0.0.22)
 *
 * - evaluates what was typed, and lets `compgen -W` expand what it was answered;
 * - needs the bash-completion package;
 * - doubles what stands before a colon, as in names of models: bash takes the colon for the end of a word;
 * - cannot be read twice, because its constants are read-only.
 */
import { script } from "@bomb.sh/tab";
import { printedBy } from "./printed.js";

const BASH = `# bash completion for flock

_flock_complete() {
    local line=\${COMP_LINE:0:COMP_POINT} words cur out value
    # By blanks alone: to bash, a colon ends a word.
    read -r -a words <<< "$line"
    if [[ $line == *[[:blank:]] ]]; then words+=(""); fi
    cur=\${words[\${#words[@]}-1]}
    COMPREPLY=()
    out=$(flock complete -- "\${words[@]:1}" 2>/dev/null) || return 0
    while IFS=$'\\t' read -r value _; do
        if [[ -n $value && $value != :* && $value == "$cur"* ]]; then COMPREPLY+=("$value"); fi
    done <<< "$out"
    # What bash replaces is only what stands behind the last colon.
    if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
        local before=\${cur%"\${cur##*:}"}
        COMPREPLY=("\${COMPREPLY[@]#"$before"}")
    fi
    return 0
}

complete -o default -F _flock_complete flock
`;

/** @returns the script for a shell; undefined: none is known for it */
export function completionScript(shell: string): string | undefined {
  if (shell === "bash") return BASH;
  if (!["zsh", "fish", "powershell"].includes(shell)) return undefined;
  return printedBy(() => script(shell, "flock", "flock"));
}
