import { equal, match } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "mocha";
import { type MachineOptions, openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import type { PersonRuntime } from "../../src/runtime/runtime.ts";
import { tell } from "./runtimeActs.ts";

export interface PersonsShell {
  readonly shell: string;
  /** Where the person's start-up file is, below their home. */
  readonly rc: string;
  /** Prints noise, makes an alias `hi` that prints `HI`, changes the prompt to `mine> `, and has hooks before and after commands. */
  readonly noisy: string;
  /** Lines of a start-up file with which no prompt comes. */
  readonly ends: string;
  readonly keepsX: string;
  /** This machine as it is, unless told. */
  readonly openRuntime?: OpenForPerson;
}

type Opened = PersonRuntime & { readonly notice: string | undefined };
type OpenForPerson = (options: MachineOptions) => Promise<Opened>;

/** A shell with the person's own start-up files, and the person typing into it. */
export function personContract({ shell, rc, noisy, ends, keepsX, openRuntime = openMachineRuntime }: PersonsShell): void {
  const open = (text: string): Promise<Terminal> => Terminal.open(shell, rc, { text, openRuntime });
  describe(`${shell} before a person`, () => {
    it("TF-22 reads their start-up file, and keeps what it prints out of every output", async () => {
      await using terminal = await open(noisy);
      equal(await tell(terminal.runtime, "true"), "0 ");
      await terminal.seen(/mine> $|mine> .*right/s);
      equal(await tell(terminal.runtime, "hi; sh -c 'exit 3'"), "3 HI\n");
      await terminal.seen(/mine> .*hi; sh -c 'exit 3'/s);
      // Pasted text reaches programs as it is.
      equal(terminal.isBracketing("hi; sh -c"), false);
      equal(terminal.runtime.notice, undefined);
    });

    for (const [what, text] of [
      ["ends the shell", ends],
      ["becomes another program", "exec true\n"],
    ] as const) {
      it(`TF-22 starts without it, and says so, when it ${what}`, async () => {
        await using terminal = await open(text);
        equal(await tell(terminal.runtime, "echo usable"), "0 usable\n");
        match(terminal.runtime.notice ?? "", /without your/);
      });
    }

    it("runs what the person types in the same shell, and tells the agent nothing of it", async () => {
      await using terminal = await open(noisy);
      await tell(terminal.runtime, "true");
      terminal.runtime.terminal.type(`${keepsX}; echo pri''vate\r`);
      await terminal.seen(/private\r?\n[^]*mine> /);
      equal(await tell(terminal.runtime, "echo $x"), "0 typed\n");
    });

    it("gives up a half typed line for the agent's command", async () => {
      await using terminal = await open(noisy);
      await tell(terminal.runtime, "true");
      for (let round = 0; round < 10; round++) {
        terminal.runtime.terminal.type("touch half-typed");
        if (round % 2 === 1) await terminal.seen(/half-typed/);
        if (round % 4 === 3) terminal.runtime.terminal.type("\x1b");
        equal(await tell(terminal.runtime, "echo safe; ls"), "0 safe\n", `round ${round}`);
      }
    });

    it("refuses the agent's command while one of the person runs", async () => {
      await using terminal = await open(noisy);
      await tell(terminal.runtime, "mkfifo gate");
      terminal.runtime.terminal.type("echo g''o; cat gate\r");
      await terminal.seen(/go\r\n/);
      equal(await tell(terminal.runtime, "echo agent"), "busy go\n");
      writeFileSync(path.join(terminal.folder, "gate"), "through\n");
      await terminal.seen(/through[^]*mine> /);
    });
  });
}

class Terminal implements AsyncDisposable {
  readonly runtime: Opened;
  readonly folder: string;
  readonly #home: string;
  #screen = "";
  #waiting: { readonly for: RegExp; readonly found: () => void } | undefined;

  private constructor(runtime: Opened, folder: string, home: string) {
    this.runtime = runtime;
    this.folder = folder;
    this.#home = home;
    runtime.terminal.onRaw((text) => {
      this.#screen += text;
      if (this.#waiting?.for.test(this.#screen) === true) this.#waiting.found();
    });
  }

  static async open(
    shell: string,
    rc: string,
    { text, openRuntime }: { readonly text: string; readonly openRuntime: OpenForPerson },
  ): Promise<Terminal> {
    const home = mkdtempSync(path.join(tmpdir(), "person-"));
    const folder = path.join(home, "work");
    mkdirSync(folder);
    mkdirSync(path.dirname(path.join(home, rc)), { recursive: true });
    writeFileSync(path.join(home, rc), text);
    const env = { PATH: process.env["PATH"], HOME: home, XDG_RUNTIME_DIR: home };
    return new Terminal(
      await openRuntime({ workingDir: folder, wall: "none", shell, lineEditing: true, userStartupFiles: true, env }),
      folder,
      home,
    );
  }

  async seen(what: RegExp): Promise<void> {
    if (what.test(this.#screen)) return;
    await new Promise<void>((found) => (this.#waiting = { for: what, found }));
    this.#waiting = undefined;
  }

  /** Whether the terminal, when `text` is shown, was last told to put brackets around what is pasted. */
  isBracketing(text: string): boolean {
    return /.*\x1b\[\?2004([hl])/s.exec(this.#screen.slice(0, this.#screen.lastIndexOf(text)))?.[1] === "h";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime[Symbol.asyncDispose]();
    rmSync(this.#home, { recursive: true, force: true });
  }
}
