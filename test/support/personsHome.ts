import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "mocha";
import { withoutSecrets } from "../../src/runtime/machine/environment.ts";
import type { MachineOptions } from "../../src/runtime/machine/machineRuntime.ts";

// What version managers and prompt themes put there: noise, a slow hook before each prompt, a history file, aliases.
const startup = `echo "Welcome back!"
_slow() { local code=$?; sleep 0.03; true | cat; return $code; }
PROMPT_COMMAND='_slow;history -a'
HISTCONTROL=
alias ls='ls --color=auto' grep='grep --color=auto'
PS1='[\\u@\\h \\W]\\$ '
`;

/** A terminal with a person's own start-up files; their home is removed after the tests of the file. */
export function personOptions(): Partial<MachineOptions> {
  const home = mkdtempSync(path.join(tmpdir(), "openhands-home-"));
  writeFileSync(path.join(home, ".bashrc"), startup);
  writeFileSync(path.join(home, ".bash_history"), "ls\n__oh_old line\n");
  after(() => rmSync(home, { recursive: true, force: true }));
  return { lineEditing: true, userStartupFiles: true, env: { ...withoutSecrets(process.env), HOME: home, TMPDIR: undefined } };
}
