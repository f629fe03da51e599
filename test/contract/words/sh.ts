import { bashWords } from "./bash.ts";
import type { ShellWords } from "./words.ts";

/** dash. */
export const shWords: ShellWords = {
  ...bashWords,
  shell: "sh",
  posix: (script) => `bash -c ${quote(script)}`,
  changesState: "export A=1; f() { echo f$1; }; alias hi='echo HI'; set -f; umask 027; cd /",
  showsState: ["echo $A $(f 2) *; hi; set +f; umask; pwd", "0 1 f2 *\nHI\n0027\n/\n"],
  texts: [
    ["cat <<A; cat <<'B'\n$((1+1))\nA\n$x 'quoted\nB", "0 2\n$x 'quoted\n"],
    ["echo 'open", /^2 .*[Uu]nterminated quoted string/],
    ["if true; then", /^2 .*[Ss]yntax error/],
    ["echo a\n)", /^2 a\n.*[Ss]yntax error/],
    ["for i in 1 2\ndo\n  echo $i\ndone", "0 1\n2\n"],
  ],
  promptBreaks: [
    "export PS1=",
    "unset PS1",
    "PS1='$(echo noise) $ '",
    "PS1='$(false)'",
    "unset HISTFILE",
    "printf() { :; }; unset -f printf",
    "alias printf=false case=if read=x",
  ],
  changes: ["set -u", "set -x", "set +x", "set -C", "set -f", "IFS=:", "LC_ALL=C"],
  unbound: ["set -u; echo $NOT_SET; echo not reached", /^2 .*NOT_SET: parameter not set\n$/],
  entersOddFolder: String.raw`d=$(printf 'a b;%%41\n\033\007\té😀 '); mkdir "$d"; cd "$d"`,
  ends: {
    "exit 3": /^shell ended 3 $/,
    "exec false": /^shell ended 1 $/,
    "kill -9 $$": /^shell ended 137 $/,
    "set -e; echo before; false; echo after": /^shell ended 1 before\n$/,
    "trap 'echo bye' EXIT; exit 4": /^shell ended 4 bye\n$/,
    "exec bash -c 'echo last words; exit 5'": /^shell ended 5 last words\n$/,
  },
  ownHistory: { because: "dash keeps no history, and the list of busybox cannot leave lines out" },
  fixesVariable: { ...bashWords.fixesVariable, ends: "set +xv" },
  startsInBackground:
    "nohup sleep 1000 >/dev/null 2>&1 & (sleep 1000 &); (trap '' HUP TERM; sleep 1000 & true); cat /dev/zero >/dev/null &",
  countsJobs: ["jobs > jobs; grep -c Running jobs", "0 2\n"],
  stubborn: { ...bashWords.stubborn, "a command that has broken the prompt": "PS1=; echo ready; sleep 1000" },
  waitsAtGate: "exec 8<>gate; echo one; read x <&8; echo two; (exit 6)",
};

/** The shell of busybox. */
export const ashWords: ShellWords = {
  ...shWords,
  shell: "ash",
  // Its own `read` polls, which looks like any other waiting from outside.
  reads: "cat >/dev/null",
  sendsOutputElsewhere: { because: "busybox writes its prompt to its standard output, and so into the file" },
};

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
