import type {
  CommandRequest,
  CommandResult,
  DirectoryEntry,
  FileErrorCode,
  FileStat,
  GlobRequest,
  GrepRequest,
  ListedTerminal,
  RuntimeInfo,
  SearchResult,
  TerminalRequest,
  TerminalResult,
  WrittenFile,
} from "../protocol/runtime.ts";

/**
 * Where tools act: one per conversation, opened by `open…Runtime(…)`, ended by disposing it.
 *
 * **Contract** (test/contract/runtime.ts runs on every implementation): paths are absolute and in the runtime's own file
 * system. Disposing ends everything the runtime started (shells and their children) within two seconds and may be called twice;
 * after it every method rejects. All methods may be called at once; the terminal does one thing at a time.
 */
export interface Runtime extends AsyncDisposable {
  readonly info: RuntimeInfo;
  readonly terminal: Terminal;
  readonly files: Files;
  readonly search: Search;
  /** Absent where no command can run. */
  readonly commands?: Commands | undefined;
  /** Aborts, with a RuntimeError as its reason, when what stands behind it has gone and does not come back by itself. Absent: that cannot happen. */
  readonly lost?: AbortSignal;
}

/** Single commands that the agent does not see, such as hooks. */
export interface Commands {
  /**
   * Runs it to its end, and to the end of its output. After its time, and when aborted, it is ended with its group, by TERM and then KILL; an abort then
   * rejects with its reason. Rejects with RuntimeError: `too-many` when sixteen run.
   */
  run(request: CommandRequest, signal: AbortSignal): Promise<CommandResult>;
}

/** One persistent shell. It starts with the first command, in `info.workingDir`. */
export interface Terminal {
  /**
   * Does one request and tells what came of it.
   *
   * Environment, functions and working directory persist from one command to the next. `exitCode` is the shell's own (128 + n for a
   * signal). The command may hold any text: several lines, here-documents, unbalanced quotes (a syntax error is a result).
   * `onOutput` gets the raw terminal text (escape sequences included, our markers not) as it comes, in order.
   * Aborting interrupts the running command (Ctrl-C, then TERM, then KILL to its process group; at most two seconds)
   * and rejects with the abort reason; the shell, its environment and its folder stay. Rejects with RuntimeError when no shell can be started.
   */
  run(request: TerminalRequest, options: TerminalOptions): Promise<TerminalResult>;
  /** Replaces the shell by a new one in `info.workingDir`; whatever ran in the old one is ended. */
  reset(signal: AbortSignal): Promise<void>;
}

/** A terminal that a person can watch and type into, beside the agent. */
export interface PersonTerminal extends Terminal {
  /**
   * Calls back with everything a person at the terminal sees: prompts, the agent's commands as if they had been typed,
   * output with its escape sequences. Nothing is repeated for a listener that comes later.
   */
  onRaw(listener: (text: string) => void): Disposable;
  /** The person's keys. A line they enter is a command in the same shell; while it runs, the agent's are refused as `busy`. */
  type(keys: string): void;
  resize(cols: number, rows: number): void;
  /** Ends what runs now, like an aborted `run`; resolves when the shell is usable again. */
  interrupt(): Promise<void>;
}

/** A place where tools act and a person can be, too. */
export interface PersonRuntime extends Runtime {
  readonly terminal: PersonTerminal;
  /**
   * Starts an interactive shell of the person's own, beside the agent's, in `info.workingDir`. Rejects with RuntimeError: `no-shell`, or
   * `too-many` when there are sixteen.
   */
  openShell(size: TerminalSize): Promise<PersonShell>;
  /** The agent's terminal, and then the person's shells. */
  terminals(signal: AbortSignal): Promise<ListedTerminal[]>;
}

export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** Disposing ends the shell and what was started in it. */
export interface PersonShell extends Disposable {
  /** What the runtime calls it. */
  readonly id: string;
  /** Calls back with all that is shown, in order, from the first byte on where it is called at once. A promise holds the shell's programs back until it settles. */
  onOutput(listener: OutputListener): Disposable;
  /** Comes once, after the last output; at once when it has ended before. Null: the shell is gone, and how is not known. */
  onEnd(listener: (exitCode: number | null) => void): Disposable;
  type(keys: string): void;
  resize(cols: number, rows: number): void;
}

export interface TerminalOptions {
  readonly signal: AbortSignal;
  readonly onOutput?: OutputListener | undefined;
}

/**
 * Watches the output. One who has enough for now gives a promise: until it settles no more is read from the program, which then waits too, but
 * not for long: whoever is late is not waited for until their promise has settled. So a watcher may slow a command, and neither stops it
 * nor changes what `run` answers.
 */
export type OutputListener = ((text: string) => void) | ((text: string) => Promise<void> | undefined);

/** Every method rejects with a RuntimeError whose `code` is a FileErrorCode. */
export interface Files {
  /** Undefined when there is nothing at `path`. */
  stat(path: string, signal: AbortSignal): Promise<FileStat | undefined>;
  /** The whole file; rejects with `too-large` before reading when it has more than `maxBytes` bytes, with `not-a-file` for pipes and devices. */
  read(path: string, options: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<FileContent>;
  /**
   * Replaces or creates the file in one step: a reader sees the old bytes or the new ones, never a mixture, also when this fails.
   * Missing folders above it are made. Mode bits are kept; a link is followed, and stays a link.
   * `expected` is a version from `read`, or `"absent"`; anything else there is `changed` or `exists`, and nothing is written.
   */
  write(path: string, bytes: Uint8Array, options: WriteOptions): Promise<WrittenFile>;
  /** What is in the directory, in the order of the names' code points; links are not followed. */
  list(path: string, signal: AbortSignal): Promise<DirectoryEntry[]>;
  /** Removes one file or link. */
  remove(path: string, signal: AbortSignal): Promise<void>;
  /** Where `path` really is: every link followed, as far as there is something; what is missing is put behind it as it is. */
  realPath(path: string, signal: AbortSignal): Promise<string>;
}

/**
 * Finds files below a folder.
 *
 * **Contract:** at most 100 files, by absolute path, the one that was changed last first. It ends within 30 seconds, however large, deep or
 * circular the tree is, and tells what it may have missed. Links are not followed; `.git` and `node_modules` are not entered, and inside a
 * git work tree nothing that its ignore files name. Rejects with RuntimeError: `not-found`, `not-directory`, or `failed` with the engine's words
 * when it does not understand the pattern. Aborting ends what was started for it.
 */
export interface Search {
  /** A pattern without a slash is for names at any depth. `**` stands for any number of folders; `*`, `?`, `[a-z]` and `{a,b}` for parts of a name. */
  glob(request: GlobRequest, signal: AbortSignal): Promise<SearchResult>;
  /** Hidden folders, binary files and files of more than 10 MB are not searched. Of each file the first five matching lines are told. */
  grep(request: GrepRequest, signal: AbortSignal): Promise<SearchResult>;
}

export interface FileContent {
  readonly bytes: Uint8Array;
  readonly version: string;
}

export interface WriteOptions {
  readonly expected: string;
  readonly signal: AbortSignal;
}

/** What went wrong where tools act, in a sentence for a person and the model. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly code: FileErrorCode | "no-shell" | "too-many" | "closed" | "unreachable";

  constructor(code: RuntimeError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
