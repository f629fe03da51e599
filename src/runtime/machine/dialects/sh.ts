import { markerStart } from "../markers.ts";
import type { LaunchOptions, ShellDialect } from "./dialect.ts";
import { quote } from "./dialect.ts";
import { answerFunction, posixLines } from "./posix.ts";

/**
 * The shell that every POSIX system has: dash, or the ash of busybox, for machines without another one. It has no hook before a
 * typed line, so that a command that a person types is not told from an idle shell.
 */
export const sh: ShellDialect = {
  name: "sh",

  launch(options) {
    return { args: ["-i"], env: { ENV: options.write("rc", startupFile(options)) } };
  },

  /** Assigning to a variable that is read-only would end the file. */
  commandFile({ text, env = {}, nonce, lastExitCode }) {
    const exported = Object.entries(env).map(
      ([name, value]) => `{ case $(readonly -p) in *"readonly ${name}="*) ;; *) export ${name}=${quote(value)} ;; esac; } 2>/dev/null\n`,
    );
    // Because under `set -v` busybox shows what it reads as late as the command's own output.
    const secretly = exported.length === 0 ? "" : `__oh_v=$-; set +v\n${exported.join("")}case $__oh_v in *v*) set -v ;; esac\n`;
    return `${secretly}__oh_n=${nonce} __oh_c=${quote(text)}
__oh_begin
return ${lastExitCode}
`;
  },

  /** As in bash. `command` keeps a syntax error, or a file that is not there, from ending the line. */
  typedLine: (file, lastExitCode) =>
    ` command . ${quote(file)}${lastExitCode === 0 ? "&&" : "||"}\\eval "$__oh_c";{ __oh_end; } 2>/dev/null\n`,

  ...posixLines,
};

/** Their `printf` knows no `\e`, and their prompts no hooks: the prompt's text is a substitution that tells what it is asked. */
function startupFile({ token, isTerminal, env }: LaunchOptions): string {
  const start = markerStart(token).replace("\x1b", "\\033");
  const markersTo = isTerminal ? ">|/dev/tty" : ">&9";
  return `${isTerminal ? "" : "exec 9>&1\n"}${env["ENV"] === undefined ? "unset ENV" : `ENV=${quote(env["ENV"])}`}
unset HISTFILE
__oh_n= __oh_c= __oh_s=0 __oh_e=
__oh_mark() {
  case $PWD in
    *[%[:cntrl:]]*|*' ')
      __oh_p=$(printf '%s.' "$PWD" | sed -e ':a' -e '$!{N;ba' -e '}' -e 's/\\.$//;${replacements}') ;;
    *) __oh_p=$PWD ;;
  esac
  printf '${start}%s;%s;%s;%s\\n\\007' "$1" "$__oh_n" "$__oh_s" "$__oh_p" ${markersTo}
}
__oh_start() { printf '${start}S;%s\\007' "$__oh_n" ${markersTo}; }
# Under \`set -x\` the marker comes after the trace of our own words, as the first thing of the command itself.
__oh_begin() { __oh_e=; case $- in *x*) __oh_c="__oh_start;$__oh_c" ;; *) __oh_start ;; esac; }
__oh_end() {
  __oh_s=$? __oh_e=1
  __oh_mark E
  __oh_n= __oh_c=
  __oh_hook
}
${answerFunction}
__oh_prompt() {
  __oh_r=$?
  # After a command of the agent, $? is our own words' and not the command's.
  case $__oh_e in 1) ;; *) __oh_s=$__oh_r ;; esac
  __oh_mark P
  printf '${start}B\\007' ${markersTo}
}
__oh_hook() {
  case \${PS1-} in *__oh_prompt*) ;; *) PS1='$(__oh_prompt 2>/dev/null)'\${PS1-} ;; esac
}
PS1='$PWD $ '
__oh_hook
`;
}

const replacements = ["%", "\x07", "\t", "\\n", "\r", "\x1b", " "]
  .map((character) => `s/${character}/%${character === "\\n" ? "0A" : hexOf(character)}/g`)
  .join(";");

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
}
