import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { withoutSecrets } from "../../src/runtime/machine/environment.ts";
import { personContract } from "../contract/person.ts";
import { machineContract } from "../contract/runtimeOnMachine.ts";
import { fishWords } from "../contract/words/fish.ts";
import { describeWithShell } from "../support/shells.ts";

// Because fish keeps things of its own there, or else among the temporary files.
const home = mkdtempSync(path.join(tmpdir(), "openhands-fish-"));
after(() => rmSync(home, { recursive: true, force: true }));

const options = {
  shell: "fish",
  // When it is asked for: the contract has a folder for temporary files of its own.
  get env() {
    return { ...withoutSecrets(process.env), HOME: home, XDG_RUNTIME_DIR: home };
  },
};

describeWithShell("fish", () => {
  machineContract("machine with fish", options, { isTerminal: true, words: fishWords });

  personContract({
    shell: "fish",
    rc: ".config/fish/config.fish",
    noisy: `echo noise
alias hi 'echo HI'
function fish_prompt; echo -n 'mine> '; end
function fish_right_prompt; echo right; end
function before --on-event fish_preexec; set -g seen $argv; end
function later --on-event fish_postexec; sleep 0.01; false; end
fish_vi_key_bindings
`,
    // Its `exit` ends the file only.
    ends: "kill -9 $fish_pid\n",
    keepsX: "set x typed",
  });
});
