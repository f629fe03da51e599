import { markerStartInShell } from "../markers.ts";
import type { LaunchOptions, ShellDialect } from "./dialect.ts";
import { quote } from "./dialect.ts";
import { answerFunction, posixLines } from "./posix.ts";

/** Built-ins are called by `\builtin`, so that a person's aliases and functions do not matter. It must run in bash 3.2 (macOS). */
export const bash: ShellDialect = {
  name: "bash",
  userFile: "~/.bashrc",

  launch(options) {
    const editing = options.lineEditing ? [] : ["--noediting"];
    return { args: ["--noprofile", "--rcfile", options.write("rc", startupFile(options)), ...editing, "-i"] };
  },

  commandFile({ text, env = {}, nonce, lastExitCode }) {
    const exported = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
    return `${exported.length === 0 ? "" : `{ \\builtin declare -x ${exported.join(" ")}; } 2>/dev/null\n`}__oh_n=${nonce} __oh_c=${quote(text)}
__oh_begin
\\return ${lastExitCode}
`;
  },

  /**
   * The leading space keeps it out of the history.
   *
   * The first operator lets the command see the exit code of the one before in `$?`: the file ends with that code, and only
   * on the left side of `||` a failure triggers neither `set -e` nor an ERR trap. `eval` stands outside of functions and
   * files, so that the command runs as if it had been typed.
   */
  typedLine: (file, lastExitCode) =>
    ` \\. ${quote(file)}${lastExitCode === 0 ? "&&" : "||"}\\builtin eval "$__oh_c";{ __oh_end; } 2>/dev/null\n`,

  ...posixLines,
};

function startupFile(options: LaunchOptions): string {
  const start = markerStartInShell(options.token);
  // Not standard output, because `exec >file` is allowed.
  const markersTo = options.isTerminal ? ">/dev/tty" : ">&9";
  return `${options.isTerminal ? "" : "exec 9>&1\n"}${options.userStartupFiles ? userFiles : cleanStart}
set +H
unset HISTFILE
HISTCONTROL=\${HISTCONTROL:+$HISTCONTROL:}ignorespace
${options.lineEditing ? lineEditing : ""}__oh_n= __oh_c= __oh_s=0 __oh_u= __oh_e=
__oh_mark() {
  case $PWD in
    *[%[:cntrl:]]*|*' ')
      __oh_p=\${PWD//\\%/%25} __oh_p=\${__oh_p//$'\\n'/%0A} __oh_p=\${__oh_p//$'\\r'/%0D} __oh_p=\${__oh_p//$'\\t'/%09} __oh_p=\${__oh_p//$'\\e'/%1B} __oh_p=\${__oh_p//$'\\a'/%07} __oh_p=\${__oh_p// /%20}
      \\builtin printf '${start}%s;%s;%s;%s\\n\\a' "$1" "$__oh_n" "$__oh_s" "$__oh_p" ${markersTo} ;;
    *) \\builtin printf '${start}%s;%s;%s;%s\\n\\a' "$1" "$__oh_n" "$__oh_s" "$PWD" ${markersTo} ;;
  esac
}
__oh_start() { \\builtin printf '${start}S;%s\\a' "$__oh_n" ${markersTo}; }
# Under \`set -x\` the marker comes after the trace of our own words, as the first thing of the command itself.
__oh_begin() { case $- in *x*) __oh_c="__oh_start;$__oh_c" ;; *) __oh_start ;; esac; }
__oh_back() { return "$1"; }
__oh_hook() {
  case \${PROMPT_COMMAND-} in
    *__oh_prompt*) ;;
    *) __oh_u=\${PROMPT_COMMAND-}; PROMPT_COMMAND='{ __oh_prompt; } 2>/dev/null' ;;
  esac
  case \${PS0-} in *'${start}'*) ;; *) PS0=\${PS0-}'${start}C\\a' ;; esac
}
__oh_end() {
  __oh_s=$? __oh_e=1
  # A function of that name would take every word of ours.
  \\unset -f builtin
  # The prompt tells the end, unless the command has done away with it, or was not read at all.
  case \${PROMPT_COMMAND-},$__oh_n in *__oh_prompt*,?*) ;; *) __oh_mark E; __oh_n= __oh_c= ;; esac
  __oh_hook
}
${answerFunction}
__oh_prompt() {
  __oh_r=$?
  # The person's own hook may call ours. Not a flag: Ctrl-C can end their hook in the middle, and nobody would take it down.
  case " \${FUNCNAME[*]:1} " in *" __oh_prompt "*) return 0 ;; esac
  # After a command of the agent, $? is our own words' and not the command's.
  case $__oh_e in 1) __oh_e= ;; *) __oh_s=$__oh_r ;; esac
  __oh_mark P
  __oh_n= __oh_c=
  case $__oh_u,$__oh_s in
    ,*) ;;
    *,0) \\builtin eval "$__oh_u" || : ;;
    *) __oh_back "$__oh_s" || \\builtin eval "$__oh_u" || : ;;
  esac
  case \${PS1-} in *'${start}'*) ;; *) PS1=\${PS1-}'\\[${start}B\\a\\]' ;; esac
}
__oh_hook
`;
}

const cleanStart = `\\unset -f command_not_found_handle
\\unset PROMPT_COMMAND PS0
PS1='\\w \\$ '
`;

/** Debian's bash reads /etc/bash.bashrc itself. */
const userFiles = `[ -f ~/.bashrc ] && \\. ~/.bashrc
`;

/** Programs print to the terminal as it is, so bracketed paste marks would come between; UTF-8 lets Backspace take a whole character. */
const lineEditing = `\\bind 'set enable-bracketed-paste off' 2>/dev/null
\\command stty iutf8 2>/dev/null
`;
