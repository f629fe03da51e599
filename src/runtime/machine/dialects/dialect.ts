/**
 * What one kind of shell is told: how it is started, and the text of everything we write or type for it.
 *
 * **Contract** (the contract suite runs on every dialect): every name of ours begins with `__oh_`. A person's aliases,
 * functions, options and hooks do not matter, as far as the shell's language allows. A command runs as if it had been typed.
 *
 * Markers (bodies; see markers.ts), which start-up files and typed lines make the shell write: `S;nonce` a command starts ·
 * `E;nonce;code;folder` it has ended · `P;nonce;code;folder` a prompt comes · `B` the prompt has been written · `C` a typed
 * line starts to run · `Y` the answer to `askLine`. A folder ends with a line break, so that the terminal's settings show in it, and has `%XX` for
 * characters that a marker cannot hold.
 */
export interface ShellDialect {
  readonly name: ShellName;
  /** Whether it cannot be spoken with through pipes. */
  readonly needsTerminal?: boolean;
  /** The person's own start-up file, in their words; undefined where none is read. */
  readonly userFile?: string;
  /** Writes the start-up files and tells how to start the program. */
  launch(options: LaunchOptions): ShellLaunch;
  /** What the typed line reads: the command as one quoted word, and the start marker. Line breaks may follow it. */
  commandFile(command: ShellCommand): string;
  /** The line that makes the shell run the command in `file`, with its end. */
  typedLine(file: string, lastExitCode: number): string;
  /**
   * Typed to learn whether the shell reads lines, and when it has read all that was typed before: it makes the shell write the marker
   * `Y;question;code;folder` (the code as `$?` was), and put up its hooks again. An interrupt may take the line's begin away: what then is
   * left of it must do nothing.
   */
  askLine(question: number): string;
  /**
   * Keys that empty the line at the prompt.
   *
   * Because Ctrl-C alone is not enough: keys that a line editor has read ahead come back after it, on the new line, and our words
   * would be added to them.
   */
  readonly discardKeys: string;
  /** Makes terminal settings usable again, when a program has left them broken. */
  readonly saneLine: string;
}

export type ShellName = "bash" | "zsh" | "fish" | "sh" | "pwsh" | "powershell";

export interface LaunchOptions {
  /** The secret with which markers begin. */
  readonly token: string;
  readonly isTerminal: boolean;
  /** Whether the person's own start-up files are read first. */
  readonly userStartupFiles: boolean;
  readonly lineEditing: boolean;
  /** What the program is going to inherit. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes a file that only the shell and we can read, and gives its path. */
  readonly write: (name: string, text: string) => string;
}

export interface ShellLaunch {
  readonly args: readonly string[];
  /** In addition to the terminal's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ShellCommand {
  readonly text: string;
  /** Exported before the command runs, and kept. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly nonce: string;
  /** Of the command before, for `$?`. */
  readonly lastExitCode: number;
}

/** One word for a POSIX shell, whatever it holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
