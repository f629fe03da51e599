import { deepEqual, equal, match } from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "mocha";
import { type ChosenShell, chooseShell, personsShell, type ShellWish } from "../../../src/runtime/machine/dialects/choose.ts";

/** The choice on a machine with these programs. */
function choose(programs: readonly string[], wish: Partial<ShellWish>): ChosenShell {
  const folder = mkdtempSync(path.join(tmpdir(), "choose-shell-"));
  for (const program of programs) {
    writeFileSync(path.join(folder, program), "");
    chmodSync(path.join(folder, program), 0o755);
  }
  try {
    return chooseShell({
      wanted: undefined,
      env: { PATH: `/none${path.delimiter}${folder}` },
      isTerminal: true,
      platform: "linux",
      ...wish,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the choice of a shell", () => {
  it("is the one that is wanted, by name or path, when we speak its language", () => {
    const wanted = ["/usr/bin/zsh", "fish", "/opt/local/bin/bash", "dash", "/bin/ash"];
    const chosen = wanted.map((program) => choose(["bash"], { wanted: program }));
    deepEqual(
      chosen.map(({ dialect, program, notice }) => [dialect.name, program, notice]),
      [
        ["zsh", "/usr/bin/zsh", undefined],
        ["fish", "fish", undefined],
        ["bash", "/opt/local/bin/bash", undefined],
        ["sh", "dash", undefined],
        ["sh", "/bin/ash", undefined],
      ],
    );
  });

  it("is bash without a wish, and the next best where bash is missing", () => {
    const machines = [["sh", "zsh", "bash"], ["sh", "fish", "zsh"], ["fish", "sh"], ["sh"], []];
    const names = machines.map((programs) => choose(programs, {}).program);
    deepEqual(names, ["bash", "zsh", "fish", "sh", "bash"]);
  });

  it("says why it is not the one that was wanted", () => {
    const other = choose(["bash"], { wanted: "/usr/bin/tcsh" });
    equal(other.notice, "Commands run in bash, because /usr/bin/tcsh is not one that the agent's terminal can speak with.");
    const onPipes = choose(["sh", "fish"], { wanted: "/usr/bin/fish", isTerminal: false });
    equal(onPipes.program, "sh");
    match(onPipes.notice ?? "", /fish needs a terminal/);
  });

  it("is PowerShell on Windows, whatever SHELL says there", () => {
    const windows = { platform: "win32", wanted: "C:\\Program Files\\Git\\usr\\bin\\bash.exe" };
    deepEqual(
      [["powershell.exe"], ["powershell.exe", "pwsh.exe"]].map((programs) => choose(programs, windows).program),
      ["powershell", "pwsh"],
    );
  });

  it("takes a person's plain sh for no wish", () => {
    deepEqual(["/bin/sh", "/bin/dash", "/bin/zsh", undefined].map(personsShell), [undefined, undefined, "/bin/zsh", undefined]);
  });
});
