import { personContract } from "../contract/person.ts";
import { machineContract } from "../contract/runtimeOnMachine.ts";
import { zshWords } from "../contract/words/zsh.ts";
import { describeWithShell } from "../support/shells.ts";

describeWithShell("zsh", () => {
  machineContract("machine with zsh", { shell: "zsh" }, { isTerminal: true, words: zshWords });
  machineContract("machine with zsh and line editing", { shell: "zsh", lineEditing: true }, { isTerminal: true, words: zshWords });
  machineContract("machine with zsh, without a terminal", { shell: "zsh", pty: "none" }, { isTerminal: false, words: zshWords });

  // What oh-my-zsh and prompt themes put there: hooks before and after each command, a prompt that is made anew each time.
  personContract({
    shell: "zsh",
    rc: ".zshrc",
    noisy: `echo noise
alias hi='echo HI' ls='ls --color=auto' printf=false
setopt prompt_subst auto_cd share_history inc_append_history rc_quotes
HISTFILE=~/.zsh_history HISTSIZE=1000 SAVEHIST=1000
autoload -Uz add-zsh-hook vcs_info
theme_precmd() { local code=$?; vcs_info; sleep 0.01; PROMPT='mine> '; RPROMPT="$code" }
theme_preexec() { print -n "\\e]0;$1\\a" }
add-zsh-hook precmd theme_precmd
add-zsh-hook preexec theme_preexec
bindkey -v
`,
    ends: "exit 3\n",
    keepsX: "x=typed",
  });
});
