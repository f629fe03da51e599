import { stat } from "node:fs/promises";
import { RuntimeError } from "../runtime.ts";
import type { OpenShell } from "./machineTerminal.ts";
import { spawnOnPipes } from "./pipes.ts";
import type { PrivateFolder } from "./privateFolder.ts";
import { Shell } from "./shell.ts";
import type { ShellProcess, ShellProcessListener, SpawnShell } from "./shellProcess.ts";

export interface ShellOpenerOptions {
  readonly folder: PrivateFolder;
  readonly pty: SpawnShell | undefined;
  readonly program: string;
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
  const notices = new Set<string>();
  if (options.pty === undefined)
    notices.add("Commands run without a terminal, because node-pty does not load on this machine; programs that need one will not work.");
  let withUserFiles = options.userStartupFiles;

  const open: OpenShell = async (folder, size, listener) => {
    if (process.platform === "win32")
      throw new RuntimeError("no-shell", "Commands cannot run on Windows itself yet. Use the Docker sandbox, or open the folder in WSL.");
    const cwd = (await isFolder(folder)) ? folder : options.fallbackDir;
    const start = (spawn: SpawnShell, isTerminal: boolean): Shell => {
      const spawnHere = (args: readonly string[], processListener: ShellProcessListener): ShellProcess =>
        spawn(
          { program: options.program, args, cwd, env: { ...options.env, TERM: isTerminal ? "xterm-256color" : "dumb" }, ...size },
          processListener,
        );
      return new Shell(
        { ...options, userStartupFiles: withUserFiles, lineEditing: options.lineEditing && isTerminal, isTerminal, spawn: spawnHere },
        cwd,
        listener,
      );
    };
    for (;;) {
      const shell = startWithOrWithoutPty(start);
      await shell.prompt(startMs);
      if (shell.hasStarted && !shell.hasExited) return shell;
      shell.abandon();
      if (!withUserFiles)
        throw new RuntimeError("no-shell", `${options.program} cannot be started here. Is it installed, and may it be run in ${cwd}?`);
      withUserFiles = false;
      notices.add("The terminal runs without your ~/.bashrc, because with it the shell did not come to a prompt.");
    }
  };
  return { open, notice: () => (notices.size === 0 ? undefined : [...notices].join(" ")) };

  function startWithOrWithoutPty(start: (spawn: SpawnShell, isTerminal: boolean) => Shell): Shell {
    if (options.pty === undefined) return start(spawnOnPipes, false);
    try {
      return start(options.pty, true);
    } catch {
      // Because a machine can run out of pseudo terminals, and a command without one is better than none.
      notices.add("Commands run without a terminal, because the machine has no pseudo terminal left.");
      return start(spawnOnPipes, false);
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
