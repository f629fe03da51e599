import { markerStart } from "../markers.ts";
import type { LaunchOptions, ShellDialect } from "./dialect.ts";

/**
 * fish reads lines from a terminal only. It has no options that change its language and no aliases in the way of built-ins, but
 * functions are: `builtin` goes past them.
 */
export const fish: ShellDialect = {
  name: "fish",
  userFile: "~/.config/fish/config.fish",
  needsTerminal: true,

  launch(options) {
    const file = options.write("rc.fish", startupFile(options));
    const clean = options.userStartupFiles ? [] : ["--no-config"];
    // Because newer versions ask the terminal who it is, and wait for an answer that nobody gives while the shell starts.
    const features = ["--features", "no-query-term"];
    return { args: [...clean, ...features, "--init-command", `source ${quote(file)}`, "--interactive"] };
  },

  commandFile({ text, env = {}, nonce, lastExitCode }) {
    const exported = Object.entries(env).map(([name, value]) => `builtin set -gx ${name} ${quote(value)}\n`);
    return `${exported.join("")}builtin set -g __oh_n ${nonce}
builtin set -g __oh_c ${quote(text)}
__oh_start
__oh_back ${lastExitCode}
`;
  },

  typedLine: (file) => ` builtin source ${quote(file)}; eval $__oh_c; __oh_end\n`,
  /** Without its begin it is a syntax error. */
  askLine: (question) => ` begin; __oh_answer ${question}; end\n`,
  discardKeys: "\x05\x15",
  saneLine: " command stty sane 2>/dev/null\n",
};

function startupFile({ token, userStartupFiles }: LaunchOptions): string {
  const start = markerStart(token).replace("\x1b", "\\e");
  return `set -g __oh_n
set -g __oh_c
set -g __oh_s 0
function __oh_mark
  set -l p $PWD
  if string match -qr '[%[:cntrl:]]| $' -- $PWD
    set p (string replace -a % %25 -- $PWD | string replace -a \\e %1B | string replace -a \\a %07 | string replace -a \\t %09 | string replace -a \\r %0D | string replace -a ' ' %20 | string join %0A)
  end
  builtin printf '${start}%s;%s;%s;%s\\n\\a' $argv[1] "$__oh_n" $__oh_s $p >/dev/tty
end
function __oh_start
  builtin printf '${start}S;%s\\a' $__oh_n >/dev/tty
end
function __oh_back
  return $argv[1]
end
# An exit takes effect when all of the line has run, or not at all, when there are jobs: the end, or the prompt, tells which.
function exit
  set -g __oh_x 1
  builtin exit $argv
end
function __oh_end
  set -g __oh_s $status
  set -q __oh_x; and return $__oh_s
  __oh_mark E
  set -g __oh_n
  set -g __oh_c
  __oh_hook
  return $__oh_s
end
function __oh_answer
  set -g __oh_s $status
  set -g __oh_n $argv[1]
  __oh_mark Y
  set -g __oh_n
  set -g __oh_c
  __oh_hook
  return $__oh_s
end
${hooks(start)}${userStartupFiles ? "" : cleanStart}__oh_hook
`;
}

function hooks(start: string): string {
  return `# Because in the other mode of vi's keys the letters that we type are commands.
function __oh_insert --on-event fish_cancel
  string match -qr 'vi|hybrid' -- "$fish_key_bindings"; and set -g fish_bind_mode insert
end
function __oh_hook
  function __oh_prompt --on-event fish_prompt
    set -g __oh_s $status
    set -e __oh_x
    __oh_insert
    __oh_mark P
    set -g __oh_n
    set -g __oh_c
    __oh_hook
    return $__oh_s
  end
  function __oh_postexec --on-event fish_postexec
    set -l code $status
    set -q __oh_x; or test -z "$__oh_n"; or begin
      set -g __oh_s $code
      __oh_mark P
      set -g __oh_n
      set -g __oh_c
    end
    return $code
  end
  function __oh_preexec --on-event fish_preexec
    builtin printf '${start}C\\a' >/dev/tty
  end
  if not functions fish_prompt | string match -q '*__oh_written*'
    functions -e __oh_fish_prompt
    functions -c fish_prompt __oh_fish_prompt
    function fish_prompt
      __oh_fish_prompt
      __oh_written
    end
  end
end
function __oh_written
  builtin printf '${start}B\\a' >/dev/tty
end
`;
}

/** The one that comes with fish looks for repositories each time. */
const cleanStart = `set -g fish_greeting
set -g fish_autosuggestion_enabled 0
function fish_title; end
function fish_prompt
  builtin printf '%s > ' (prompt_pwd)
end
`;

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
