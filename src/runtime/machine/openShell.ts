import { stat } from "node:fs/promises";
import { RuntimeError } from "../runtime.ts";
import type { ChosenShell } from "./dialects/choose.ts";
import type { ShellLaunch } from "./dialects/dialect.ts";
import type { OpenShell } from "./machineTerminal.ts";
import { spawnOnPipes } from "./pipes.ts";
import type { PrivateFolder } from "./privateFolder.ts";
import { whyNoPty } from "./pty.ts";
import { Shell } from "./shell.ts";
import type { ShellProcess, ShellProcessListener, SpawnShell } from "./shellProcess.ts";

export interface ShellOpenerOptions {
  readonly folder: PrivateFolder;
  readonly pty: SpawnShell | undefined;
  readonly shell: ChosenShell;
  readonly env: Readonly<Record<string, string>>;
  /** Where a shell starts when the folder it should start in is gone. */
  readonly fallbackDir: string;
  readonly userStartupFiles: boolean;
  readonly lineEditing: boolean;
}

/** A person's start-up files may load a lot; without them a shell that is not there by then will never be. */
const startMs = 10_000;

/** Opens shells; `notice` tells what had to be done without, in a sentence for the person. */
export function shellOpener(options: ShellOpenerOptions): { readonly open: OpenShell; notice(): string | undefined } {
  const { dialect, program } = options.shell;
  const notices = new Set(options.shell.notice === undefined ? [] : [options.shell.notice]);
  if (options.pty === undefined)
    notices.add(`Commands run without a terminal, because ${whyNoPty()}; programs that need one will not work.`);
  let withUserFiles = options.userStartupFiles;

  const open: OpenShell = async (folder, size, listener) => {
    const cwd = (await isFolder(folder)) ? folder : options.fallbackDir;
    const start = (spawn: SpawnShell, isTerminal: boolean): Shell => {
      const spawnHere = (launch: ShellLaunch, processListener: ShellProcessListener): ShellProcess =>
        spawn(
          {
            program,
            args: launch.args,
            cwd,
            env: { ...options.env, ...launch.env, TERM: isTerminal ? "xterm-256color" : "dumb" },
            ...size,
          },
          processListener,
        );
      return new Shell(
        {
          ...options,
          dialect,
          userStartupFiles: withUserFiles,
          lineEditing: options.lineEditing && isTerminal,
          isTerminal,
          spawn: spawnHere,
        },
        cwd,
        listener,
      );
    };
    for (;;) {
      const shell = startWithOrWithoutPty(start);
      if (await shell.comesUp(startMs)) return shell;
      shell.abandon();
      if (!withUserFiles || dialect.userFile === undefined)
        throw new RuntimeError("no-shell", `${program} cannot be started here. Is it installed, and may it be run in ${cwd}?`);
      withUserFiles = false;
      notices.add(`The terminal runs without your ${dialect.userFile}, because with it the shell did not come to a prompt.`);
    }
  };
  return { open, notice: () => (notices.size === 0 ? undefined : [...notices].join(" ")) };

  function startWithOrWithoutPty(start: (spawn: SpawnShell, isTerminal: boolean) => Shell): Shell {
    if (options.pty === undefined) return start(spawnOnPipes, false);
    try {
      return start(options.pty, true);
    } catch (cause) {
      if (dialect.needsTerminal === true)
        throw new RuntimeError("no-shell", `${dialect.name} needs a terminal, and the machine has no pseudo terminal left.`, { cause });
      // Because a machine can run out of pseudo terminals, and a command without one is better than none.
      notices.add("Commands run without a terminal, because the machine has no pseudo terminal left.");
      return start(spawnOnPipes, false);
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
