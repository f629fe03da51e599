import { deepEqual, equal, match } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "mocha";
import type { TerminalRequest } from "../../../src/protocol/runtime.ts";
import { type MachineOptions, type MachineRuntime, openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { rejection } from "../../contract/runtimeActs.ts";

/** A terminal with a person before it: what they see, and a way to wait until they see something. */
class Watched implements AsyncDisposable {
  readonly runtime: MachineRuntime;
  screen = "";
  readonly #folder: string;
  #waiting: { readonly for: RegExp; readonly found: () => void } | undefined;

  private constructor(runtime: MachineRuntime, folder: string) {
    this.runtime = runtime;
    this.#folder = folder;
    runtime.terminal.onRaw((text) => {
      this.screen += text;
      if (this.#waiting?.for.test(this.screen) === true) this.#waiting.found();
    });
  }

  static async open(options: Partial<MachineOptions> = {}): Promise<Watched> {
    const folder = mkdtempSync(path.join(tmpdir(), "watched-"));
    return new Watched(
      await openMachineRuntime({
        workingDir: folder,
        wall: "none",
        lineEditing: true,
        env: { PATH: process.env["PATH"], HOME: folder },
        ...options,
      }),
      folder,
    );
  }

  get folder(): string {
    return this.#folder;
  }

  async run(command: string): Promise<string> {
    const { outcome, output } = await this.runtime.terminal.run(
      { type: "command", command, noChangeTimeoutMs: 40_000 },
      { signal: new AbortController().signal },
    );
    return `${outcome.type === "completed" ? outcome.exitCode : outcome.type} ${output}`;
  }

  async poll(): Promise<string> {
    const { outcome, output } = await this.runtime.terminal.run(
      { type: "poll", noChangeTimeoutMs: 40_000 },
      { signal: new AbortController().signal },
    );
    return `${outcome.type === "completed" ? outcome.exitCode : outcome.type} ${output}`;
  }

  /** What comes of it when the agent types. */
  async type(text: string): Promise<string> {
    const request = { type: "input", text, noChangeTimeoutMs: 40_000 } as const;
    const { outcome } = await this.runtime.terminal.run(request, { signal: new AbortController().signal });
    return outcome.type === "busy" && outcome.byPerson === true ? "busy by the person" : outcome.type;
  }

  async seen(what: RegExp): Promise<void> {
    if (what.test(this.screen)) return;
    await new Promise<void>((found) => (this.#waiting = { for: what, found }));
    this.#waiting = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

describe("machine terminal before a person", () => {
  it("looks like a terminal in which the agent types", async () => {
    await using terminal = await Watched.open();
    await terminal.run("echo one; cd /");
    await terminal.run("for i in 1 2; do\n  echo $i\ndone");
    await terminal.seen(/\/ # .*\/ # $|\/ \$ .*\/ \$ $/s);
    const seen = terminal.screen.replace(/\x1b\[[?\d;]*[a-zA-Z]/g, "").replaceAll(/[#$] /g, "$ ");
    equal(seen, "~ $ echo one; cd /\r\none\r\n/ $ for i in 1 2; do\r\n  echo $i\r\ndone\r\n1\r\n2\r\n/ $ ");
  });

  it("runs what the person types in the same shell", async () => {
    await using terminal = await Watched.open();
    terminal.runtime.terminal.type("x=typed; echo $((40+2))\r");
    await terminal.seen(/\r\n42\r\n.*[#$] /s);
    equal(await terminal.run("echo $x"), "0 typed\n");
  });

  it("gives up a half typed line for the agent's command, visibly", async () => {
    await using terminal = await Watched.open();
    await terminal.run("true");
    terminal.runtime.terminal.type("rm -rf importa");
    await terminal.seen(/importa/);
    equal(await terminal.run("echo safe"), "0 safe\n");
    terminal.runtime.terminal.type("for x in 1; do\r");
    await terminal.seen(/do\r\n/);
    equal(await terminal.run("echo safe"), "0 safe\n");
    match(terminal.screen, /importa[\s\S]*\^C/);
  });

  it("never runs a half typed line as part of the agent's command, at whatever moment it was typed", async () => {
    for (let round = 0; round < 20; round++) {
      await using terminal = await Watched.open();
      await terminal.run("true");
      terminal.runtime.terminal.type("touch half-typed");
      if (round % 2 === 1) await new Promise(setImmediate);
      equal(await terminal.run("echo safe; ls"), "0 safe\n", `round ${round}`);
    }
  });

  it("refuses the agent's command while one of the person runs, and tells its end", async () => {
    await using terminal = await Watched.open();
    await terminal.run("mkfifo gate");
    terminal.runtime.terminal.type("echo go; cat gate; echo done\r");
    await terminal.seen(/\ngo\r\n/);
    equal(await terminal.run("echo agent"), "busy go\n");
    equal(await terminal.type("echo agent"), "busy by the person");
    const end = terminal.poll();
    writeFileSync(path.join(terminal.folder, "gate"), "through\n");
    equal(await end, "0 through\ndone\n");
    equal(await terminal.run("echo agent"), "0 agent\n");
  });

  it("shows nothing of our own when the agent has answered a program", async () => {
    await using terminal = await Watched.open();
    const asked = terminal.run("read -r name; echo hello $name");
    await terminal.seen(/echo hello .*\r\n/);
    await terminal.runtime.terminal.run(
      { type: "input", text: "you", noChangeTimeoutMs: 40_000 },
      { signal: new AbortController().signal },
    );
    await asked;
    await terminal.run("echo next");
    match(terminal.screen, /you\r\nhello you\r\n~ [$#] echo next\r\nnext\r\n/);
  });

  it("lets a line that the person has just entered go first", async function () {
    // A prompt is seen a moment before the shell says that it stands at one; on a busy machine the line may be typed in between.
    this.retries(3);
    await using terminal = await Watched.open();
    await terminal.run("mkfifo gate");
    await terminal.seen(/gate\r\n.*[#$] $/s);
    terminal.runtime.terminal.type("cat gate\r");
    match(await terminal.run("echo agent"), /^busy/);
    const end = terminal.poll();
    writeFileSync(path.join(terminal.folder, "gate"), "through\n");
    equal(await end, "0 through\n");
  });

  it("TF-15 keeps what the person types while the agent's command runs for that command", async () => {
    await using terminal = await Watched.open();
    const asked = terminal.run("echo ready; read -r name; echo hello $name");
    await terminal.seen(/\nready/);
    terminal.runtime.terminal.type("per");
    equal(await terminal.run("echo agent"), "busy ready\n");
    terminal.runtime.terminal.type("son\r");
    match(await asked, /^0 (person\n)?hello person\n$/);
    equal(await terminal.run("echo safe"), "0 safe\n");
  });

  it("TF-15 lets the agent stop a line of its own that a shell has read because no program did", async () => {
    await using terminal = await Watched.open();
    const { signal } = new AbortController();
    const ask = async (request: object): Promise<string> =>
      (await terminal.runtime.terminal.run({ noChangeTimeoutMs: 40_000, ...request } as TerminalRequest, { signal })).outcome.type;
    equal(await ask({ type: "command", command: "sleep 0.3", timeoutMs: 10 }), "running");
    equal(await ask({ type: "input", text: "echo re''ad; sleep 1000", noChangeTimeoutMs: 40_000 }), "completed");
    await terminal.seen(/\nread\r\n/);
    // Because bash loses an interrupt that comes while it starts a program, a person would press it again, too.
    const press = (): Promise<string> => ask({ type: "key", key: "C-c", noChangeTimeoutMs: 2000 });
    equal((await press()) === "completed" || (await press()) === "completed", true);
    equal(await terminal.run("echo usable"), "0 usable\n");
  });

  it("says nothing to the agent of what the person did between its commands", async () => {
    await using terminal = await Watched.open();
    await terminal.run("true");
    terminal.runtime.terminal.type("echo private\r");
    await terminal.seen(/\nprivate\r\n.*[#$] /s);
    equal(await terminal.poll(), "nothing_running ");
    equal(await terminal.run("echo $?"), "0 0\n");
  });

  it("starts a new shell when the person has ended it and types again", async () => {
    await using terminal = await Watched.open();
    await terminal.run("cd /");
    terminal.runtime.terminal.type("exit\r");
    await terminal.seen(/exit\r\nexit\r\n/);
    match(await terminal.poll(), /^(shell_ended|nothing_running)/);
    equal(await terminal.run("pwd"), "0 /\n");
  });

  it("tells programs how large the window is", async () => {
    await using terminal = await Watched.open({ size: { cols: 90, rows: 20 } });
    equal(await terminal.run("stty size"), "0 20 90\n");
    terminal.runtime.terminal.resize(40, 10);
    equal(await terminal.run("stty size"), "0 10 40\n");
    equal(
      await terminal.run("echo a narrow window, with a long command, gives the same"),
      "0 a narrow window, with a long command, gives the same\n",
    );
  });

  it("stops what runs when the person asks for it", async () => {
    await using terminal = await Watched.open();
    const running = terminal.run("echo ready; sleep 1000");
    await terminal.seen(/\nready/);
    await Promise.all([terminal.runtime.terminal.interrupt(), terminal.runtime.terminal.interrupt()]);
    match(await running, /^130 ready\n/);
    await terminal.runtime.terminal.interrupt();
  });
});

describe("machine terminal with the person's start-up files", () => {
  async function withRc(text: string, use: (terminal: Watched) => Promise<void>): Promise<void> {
    await using terminal = await Watched.open({ userStartupFiles: true, shellStartMs: 1500 });
    writeFileSync(path.join(terminal.folder, ".bashrc"), text);
    await use(terminal);
  }

  it("TF-22 reads them, and keeps what they print out of every output", () =>
    withRc("echo noise; alias hi='echo HI'; PS1='mine> '; PROMPT_COMMAND='last=$?; seen=$((seen+1))'; set -o vi", async (terminal) => {
      equal(await terminal.run("hi; (exit 3)"), "3 HI\n");
      equal(await terminal.run('echo "$last $((seen > 0))"'), "0 3 1\n");
      match(terminal.screen, /^.*mine> .*hi; \(exit 3\)/s);
      equal(terminal.runtime.notice, undefined);
    }));

  const broken: Readonly<Record<string, string>> = {
    "ends the shell": "exit 3",
    "becomes another program": "exec true",
    "becomes another shell": "echo noise; exec sh -i",
    "takes too long": "echo noise; sleep 1000",
    "waits for somebody to type": "read -rp 'Load it all? ' answer </dev/tty",
    "never ends, whatever it hears": "trap '' INT TERM HUP; while :; do :; done",
  };
  const notice = "The terminal runs without your ~/.bashrc, because with it the shell did not come to a prompt.";

  it(`TF-22 starts without them, and says so once, when one ${Object.keys(broken).join(", ")}`, async () => {
    const startsWithout = async (rc: string): Promise<unknown> => {
      const told: unknown[] = [];
      await withRc(rc, async ({ runtime }) => {
        for (const command of ["echo usable", "echo again"]) {
          const request = { type: "command", command, noChangeTimeoutMs: 40_000 } as const;
          const answer = await runtime.terminal.run(request, { signal: new AbortController().signal });
          told.push([answer.output, answer.notice]);
        }
        told.push(runtime.notice);
      });
      return told;
    };
    const once = [["usable\n", notice], ["again\n", undefined], notice];
    const answers = await Promise.all(Object.values(broken).map(startsWithout));
    deepEqual(
      answers,
      answers.map(() => once),
    );
  });
});

describe("machine runtime", () => {
  it("says when there is no such folder or no such shell", async () => {
    const messages = await Promise.all(
      ["relative", "/none", "/etc/passwd"].map((workingDir) => rejection(openMachineRuntime({ workingDir, wall: "none" }))),
    );
    deepEqual(messages.map(String), [
      "RuntimeError: The working directory must be an absolute path: relative",
      "RuntimeError: The folder /none is not there, or may not be entered.",
      "RuntimeError: /etc/passwd is not a folder.",
    ]);
    await using terminal = await Watched.open({ shell: "/none/bash" });
    match(String(await rejection(terminal.run("true"))), /\/none\/bash cannot be started here/);
  });
});
