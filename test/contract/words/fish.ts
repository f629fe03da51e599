import type { ShellWords } from "./words.ts";

export const fishWords: ShellWords = {
  shell: "fish",
  posix: (script) => `bash -c ${quote(script)}`,
  exitWith: (exitCode) => `sh -c 'exit ${exitCode}'`,
  reads: "read name",
  lastExitCode: "echo $status",
  keep: "set kept yes",
  showKept: "echo $kept",
  changesState: "set -gx A 1; set list a v; function f; echo f$argv[1]; end; alias hi 'echo HI'; umask 027; cd /",
  showsState: ["echo $A $list[2] (f 2); hi; sh -c 'echo $A'; umask; pwd", "0 1 v f2\nHI\n1\n0027\n/\n"],
  texts: [
    // fish has no here-documents, and says so.
    ["cat <<A\nA", /^12[0-9] .*redirection/],
    ["echo 'open", /^12[0-9] .*quotes are not balanced/],
    ["if true", /^12[0-9] .*Missing end/],
    ["echo a\n)", /^12[0-9] .*Unexpected '\)'/],
    ["echo 'it\\'s' \"\\$x\"", "0 it's $x\n"],
    ["echo a \\", /^12[0-9] .*incomplete escape/],
    ["for i in 1 2\n  echo $i\nend", "0 1\n2\n"],
    ["begin\n  echo a\n  false\nend; and echo b", "1 a\n"],
    ["ls *.none", /^124 .*No matches/],
  ],
  printsLength: (text) => `set x "${text}"; string length $x`,
  promptBreaks: [
    "function fish_prompt; end",
    "functions -e fish_prompt",
    "functions -e __oh_prompt __oh_preexec",
    "function fish_prompt; echo noise; false; end",
    "function noise --on-event fish_postexec; echo noise; end; function more --on-event fish_preexec; echo more; end",
    "function fish_right_prompt; echo right; end; function fish_title; echo title; end",
    "function printf; end; function source; false; end; functions -e printf source",
  ],
  changes: ["set -gx LC_ALL C", "set -g IFS :", "umask 077", "set -g fish_handle_reflow 0"],
  unbound: { because: "fish takes a variable that is not set for an empty list, and has no option against it" },
  entersOddFolder: String.raw`set d 'a b;%41'\n\e\a\t'é😀 '; mkdir $d; cd $d`,
  ownHistory: ["history | grep -c __oh", "1 0\n"],
  // No variable of fish is fixed.
  fixesVariable: { starts: "set -g fish_trace 1", ends: "set -e fish_trace", shows: ["echo $TOKEN $FIXED", "0 another-secret 3\n"] },
  ends: {
    "exit 3": /^shell ended 3 $/,
    "echo before; exit 3": /^shell ended 3 before\n$/,
    "exec false": /^shell ended 1 $/,
    "kill -9 $fish_pid": /^shell ended 137 $/,
    "trap 'echo bye' EXIT; exit 4": /^shell ended 4 bye\n$/,
    "function bye --on-event fish_exit; echo bye; end; exit 4": /^shell ended 4 bye\n$/,
    "exec bash -c 'echo last words; exit 5'": /^shell ended 5 last words\n$/,
  },
  startsInBackground:
    "sleep 1000 &; disown; nohup sleep 1000 >/dev/null 2>&1 &; disown; sh -c 'sleep 1000 &'; sh -c 'trap \"\" HUP TERM; sleep 1000' &; disown; cat /dev/zero >/dev/null &",
  countsJobs: ["jobs -p | grep -c '^[0-9]'", "0 1\n"],
  ownPid: "$fish_pid",
  stubborn: {
    "a program": "echo ready; sleep 1000",
    "TF-09 a program that ignores Ctrl-C and TERM": "echo ready; sh -c 'trap \"\" INT TERM; sleep 1000'",
    "a loop of the shell": "echo ready; while true; end",
    "a loop of programs": "echo ready; while true; sleep 0.01; end",
    "a command substitution": "set x (echo ready >&2; sleep 1000)",
    "a reader": "echo ready; read x",
    "a pipe": "echo ready; yes | cat > /dev/null",
    "a command that has broken the prompt": "functions -e fish_prompt __oh_prompt; echo ready; sleep 1000",
  },
  ignoresAll: "trap '' INT TERM; cd /; echo ready; while true; end",
  waitsAtGate: "echo one; sh -c 'exec 8<>gate; read x <&8'; echo two; sh -c 'exit 6'",
  stoppedCode: 0,
  goesOnWithJob: ["jobs; kill %1; wait; echo over", /stopped[^]*over/],
  sendsOutputElsewhere: { because: "fish has no `exec` with a redirection alone" },
};

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
