import path from "node:path";
import { after, before, describe } from "mocha";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { type LeakWatch, watchLeaks } from "../support/leaks.ts";
import { commandsContract } from "./runtimeCommands.ts";
import { filesContract } from "./runtimeFiles.ts";
import { searchContract } from "./runtimeSearch.ts";
import { shellContract } from "./runtimeShell.ts";
import { terminalContract } from "./runtimeTerminal.ts";
import type { ShellWords } from "./words/words.ts";

export interface RuntimeCapabilities {
  /** Whether its terminal is a real shell on a POSIX system; files are then looked at through commands. */
  readonly realShell: boolean;
  /** Whether programs see a terminal (a pseudo terminal), so that keys and terminal settings mean something. */
  readonly isTerminal: boolean;
  /** Whether a person sees that terminal; from when on it is as large as its picture is not said. */
  readonly isShown?: boolean;
  /** The language of its shell; bash's without it. */
  readonly words?: ShellWords;
  /** An absolute folder of the runtime; each test gets its own under it. */
  readonly baseDir: string;
  /** How many runtimes are opened at once: fewer where each is a process of its own. */
  readonly atOnce?: number;
}

/** Opens a runtime in a folder that `open` makes when it is not there. */
export type OpenRuntime = (workingDir: string) => Promise<Runtime>;

/**
 * What every Runtime must do, whatever it is made of. No test reaches behind the interface, and in the end nothing may be
 * left over: no process, no temporary file, no handle.
 */
export function runtimeContract(name: string, open: OpenRuntime, capabilities: RuntimeCapabilities): void {
  describe(`Runtime contract: ${name}`, () => {
    let count = 0;
    const openNext = (): Promise<Runtime> => open(path.posix.join(capabilities.baseDir, `work ${++count}`));
    let leaks: LeakWatch;
    before(async () => {
      leaks = await watchLeaks();
    });

    terminalContract(openNext);
    filesContract(openNext, capabilities);
    searchContract(openNext, capabilities);
    if (capabilities.realShell) commandsContract(openNext);
    if (capabilities.realShell) shellContract(openNext, capabilities);

    after("leaves nothing behind", async () => {
      await leaks.check();
    });
  });
}
