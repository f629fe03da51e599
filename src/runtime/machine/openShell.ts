import { stat } from "node:fs/promises";
import { RuntimeError } from "../runtime.ts";
import type { ChosenShell } from "./dialects/choose.ts";
import type { ShellLaunch } from "./dialects/dialect.ts";
import type { OpenShell } from "./machineTerminal.ts";
import type { Notices } from "./notices.ts";
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
  readonly lineEditing: boolean | "whenWatched";
  readonly startMs: number;
  /** Whether it is worth a word that there is none. */
  readonly wantsTerminal: boolean;
  /** Gets what has to be done without. */
  readonly notices: Notices;
}

/** Opens shells, with whatever can be had of what is wanted. */
export function shellOpener(options: ShellOpenerOptions): OpenShell {
  const { notices } = options;
  const { dialect, program } = options.shell;
  tellWhatIsKnown(options);
  let withUserFiles = options.userStartupFiles;

  return async (folder, { size, isWatched }, listener) => {
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
          lineEditing: isTerminal && (options.lineEditing === "whenWatched" ? isWatched : options.lineEditing),
          isTerminal,
          spawn: spawnHere,
        },
        cwd,
        listener,
      );
    };
    for (;;) {
      const shell = startWithOrWithoutPty(start);
      if (await shell.comesUp(options.startMs)) return shell;
      shell.abandon();
      if (!withUserFiles || dialect.userFile === undefined)
        throw new RuntimeError("no-shell", `${program} cannot be started here. Is it installed, and may it be run in ${cwd}?`);
      withUserFiles = false;
      notices.add(`The terminal runs without your ${dialect.userFile}, because with it the shell did not come to a prompt.`);
    }
  };

  function startWithOrWithoutPty(start: (spawn: SpawnShell, isTerminal: boolean) => Shell): Shell {
    if (options.pty === undefined) return start(spawnOnPipes, false);
    try {
      return start(options.pty, true);
    } catch (cause) {
      if (cause instanceof RuntimeError) throw cause;
      if (dialect.needsTerminal === true)
        throw new RuntimeError("no-shell", `${dialect.name} needs a terminal, and the machine has no pseudo terminal left.`, { cause });
      // Because a machine can run out of pseudo terminals, and a command without one is better than none.
      notices.add(
        "Commands run without a terminal, because the machine has no pseudo terminal left; programs that need one will not work.",
      );
      return start(spawnOnPipes, false);
    }
  }
}

function tellWhatIsKnown({ notices, shell, pty, wantsTerminal }: ShellOpenerOptions): void {
  if (shell.notice !== undefined) notices.add(shell.notice);
  if (pty === undefined && wantsTerminal)
    notices.add(`Commands run without a terminal, because ${whyNoPty()}; programs that need one will not work.`);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
