import path from "node:path";
import { markerStart } from "../markers.ts";
import type { LaunchOptions, ShellDialect } from "./dialect.ts";

/**
 * zsh reads its start-up files from the folder that `ZDOTDIR` names: first ours, where the person's own are read from the folder
 * that was meant. Our functions are defined before theirs are read, so that no alias of theirs gets into them.
 */
export const zsh: ShellDialect = {
  name: "zsh",
  userFile: "~/.zshrc",

  launch(options) {
    const folder = path.dirname(options.write(".zshenv", environmentFile(options)));
    options.write(".zshrc", startupFile(options));
    const clean = options.userStartupFiles ? [] : ["-o", "no_global_rcs"];
    const editing = options.lineEditing ? [] : ["-o", "no_zle"];
    return { args: [...clean, ...editing, "-i"], env: { ZDOTDIR: folder, __oh_zdotdir: options.env["ZDOTDIR"] ?? "" } };
  },

  commandFile({ text, env = {}, nonce, lastExitCode }) {
    const exported = Object.entries(env).map(([name, value]) => `__oh_export ${name} ${quote(value)} 2>/dev/null\n`);
    return `${exported.join("")}__oh_n=${nonce} __oh_c=${quote(text)}
__oh_begin
\\builtin return ${lastExitCode}
`;
  },

  /** As in bash. The last operator keeps the exit code for the prompt, where \`set -e\` would take it for a failure. */
  typedLine: (file, lastExitCode) =>
    ` \\. ${quote(file)}${lastExitCode === 0 ? "&&" : "||"}\\builtin eval "$__oh_c";{ __oh_end&&:; } 2>/dev/null\n`,

  /** Without its begin it is a syntax error. */
  askLine: (question) => ` { { __oh_answer ${question}&&:; } 2>/dev/null; }\n`,
  /** In the line editor and in a terminal's own line buffer. */
  discardKeys: "\x05\x15",
  saneLine: " __oh_sane\n",
};

function environmentFile({ token, isTerminal, userStartupFiles }: LaunchOptions): string {
  const start = markerStart(token).replace("\x1b", "\\e");
  const markersTo = isTerminal ? ">|/dev/tty" : ">&9";
  return `${isTerminal ? "" : "exec 9>&1\n"}typeset -g __oh_n= __oh_c= __oh_s=0 __oh_d=$ZDOTDIR
__oh_mark() {
  builtin emulate -L zsh
  local p=$PWD
  case $p in
    *[%[:cntrl:]]*|*' ')
      p=\${p//\\%/%25} p=\${p//$'\\n'/%0A} p=\${p//$'\\r'/%0D} p=\${p//$'\\t'/%09} p=\${p//$'\\e'/%1B} p=\${p//$'\\a'/%07} p=\${p// /%20} ;;
  esac
  builtin printf '${start}%s;%s;%s;%s\\n\\a' "$1" "$__oh_n" "$__oh_s" "$p" ${markersTo}
}
__oh_start() { builtin printf '${start}S;%s\\a' "$__oh_n" ${markersTo} }
# Under \`set -x\` the marker comes after the trace of our own words, as the first thing of the command itself.
__oh_begin() { if [[ -o xtrace ]]; then __oh_c="__oh_start;$__oh_c"; else __oh_start; fi }
__oh_end() {
  __oh_s=$?
  builtin emulate -L zsh
  __oh_mark E
  __oh_n= __oh_c=
  __oh_hook
  return $__oh_s
}
__oh_answer() {
  __oh_s=$? __oh_n=$1
  builtin emulate -L zsh
  __oh_mark Y
  __oh_n= __oh_c=
  __oh_hook
  return $__oh_s
}
# Assigning to a variable that is read-only would end the file.
__oh_export() { [[ \${(Pt)1-} == *readonly* ]] || builtin export "$1=$2" }
__oh_sane() { command stty sane 2>/dev/null }
__oh_preexec() { builtin printf '${start}C\\a' ${markersTo} }
${hooks(token, start)}
${restoreFolder}
${userStartupFiles ? readOwn(".zshenv") : ""}__oh_zdotdir=\${ZDOTDIR-}
ZDOTDIR=$__oh_d
`;
}

function hooks(token: string, start: string): string {
  return `__oh_prompt() {
  __oh_s=$?
  builtin emulate -L zsh
  __oh_mark P
  __oh_n= __oh_c=
  __oh_hook
  [[ \${PS1-} == *'${token};B'* || \${(t)PS1} == *readonly* ]] || PS1=\${PS1-}$'%{${start}B\\a%}'
}
# A list that is put away at once takes our lines: those of the history that begin with a space can still be recalled once.
__oh_history() { [[ $1 != ' '*__oh* ]] || builtin fc -p }
# The last in each list, because themes set the prompt in theirs.
__oh_hook() {
  builtin emulate -L zsh
  [[ \${precmd_functions[-1]-} == __oh_prompt || \${(t)precmd_functions} == *readonly* ]] ||
    precmd_functions=(\${precmd_functions:#__oh_prompt} __oh_prompt)
  [[ \${preexec_functions[-1]-} == __oh_preexec || \${(t)preexec_functions} == *readonly* ]] ||
    preexec_functions=(\${preexec_functions:#__oh_preexec} __oh_preexec)
  [[ \${zshaddhistory_functions[-1]-} == __oh_history || \${(t)zshaddhistory_functions} == *readonly* ]] ||
    zshaddhistory_functions=(\${zshaddhistory_functions:#__oh_history} __oh_history)
}`;
}

function startupFile({ userStartupFiles, lineEditing }: LaunchOptions): string {
  return `${restoreFolder}
${userStartupFiles ? readOwn(".zshrc") : cleanStart}'builtin' 'unset' '__oh_zdotdir' '__oh_d' 'HISTFILE'
'builtin' 'unsetopt' 'prompt_sp' 'prompt_cr'
${lineEditing ? "'command' 'stty' 'iutf8' 2>/dev/null\n" : ""}__oh_hook
`;
}

/** What \`ZDOTDIR\` was meant to be; for the person's files, and for every zsh that a command starts. */
const restoreFolder = `if [[ -n $__oh_zdotdir ]]; then 'builtin' 'export' ZDOTDIR=$__oh_zdotdir; else 'builtin' 'unset' 'ZDOTDIR'; fi`;

function readOwn(name: string): string {
  return `[[ -f \${ZDOTDIR:-$HOME}/${name} ]] && . \${ZDOTDIR:-$HOME}/${name}\n`;
}

/** zsh asks before `rm *` unless told otherwise; who runs the agent's commands has been asked before. */
const cleanStart = `PS1='%~ %# '
setopt rm_star_silent
`;

/** Not in plain quotes, which the option \`rc_quotes\` reads in another way. */
function quote(text: string): string {
  return `$'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
