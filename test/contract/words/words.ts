/** A command, and what is told of it (see `told`). */
export type Case = readonly [command: string, expected: string | RegExp];

/** Why something cannot be asked of a shell. */
export interface NotHere {
  readonly because: string;
}

/** What the contract asks of a shell, in its own language. */
export interface ShellWords {
  readonly shell: string;
  /** A script for POSIX shells, where it does not matter which of them runs it. */
  posix(script: string): string;
  /** A command with this exit code, which leaves the shell alone. */
  exitWith(exitCode: number): string;
  /** Waits for a line. */
  readonly reads: string;
  readonly lastExitCode: string;
  readonly keep: string;
  /** Prints `yes` after `keep`. */
  readonly showKept: string;
  /** Changes variables, functions, aliases and options, and goes to `/`; then shows them. */
  readonly changesState: string;
  readonly showsState: Case;
  readonly texts: readonly Case[];
  /** Prints how long a text without special characters but `'` is. */
  printsLength(text: string): string;
  /** What becomes of a prompt, and of the names that we rely on. */
  readonly promptBreaks: readonly string[];
  /** Options and traps that change how the shell runs. */
  readonly changes: readonly string[];
  readonly unbound: Case | NotHere;
  /** Makes the folder `a b;%41`, line feed, ESC, BEL, tab, `é😀 `, goes there, and keeps its name in `d`. */
  readonly entersOddFolder: string;
  /** Prints how many lines of the history are ours. */
  readonly ownHistory: Case | NotHere;
  /** Makes a variable `FIXED` that cannot be changed from 1, or does not mind, and shows what it runs; ends that; shows `TOKEN` and `FIXED`. */
  readonly fixesVariable: { readonly starts: string; readonly ends: string; readonly shows: Case };
  readonly ends: Readonly<Record<string, RegExp>>;
  readonly startsInBackground: string;
  /** How many of them are jobs of the shell. */
  readonly countsJobs: Case;
  readonly ownPid: string;
  readonly stubborn: Readonly<Record<string, string>>;
  /** Goes to `/` and ignores every signal that can be ignored. */
  readonly ignoresAll: string;
  /** Reads the file `gate` between `one` and `two`, and then exits with 6. */
  readonly waitsAtGate: string;
  readonly stoppedCode: number;
  readonly goesOnWithJob: Case;
  readonly sendsOutputElsewhere: { readonly starts: string; readonly ends: string } | NotHere;
}

export function isNotHere(value: unknown): value is NotHere {
  return typeof value === "object" && value !== null && "because" in value;
}
