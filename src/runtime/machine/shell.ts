import { randomBytes } from "node:crypto";
import { StringDecoder } from "node:string_decoder";
import { MarkerScanner } from "./markers.ts";
import type { PrivateFolder } from "./privateFolder.ts";
import type { ShellProcess, ShellProcessListener } from "./shellProcess.ts";
import { signalProcess } from "./shellProcess.ts";
import { commandFile, discardLine, endLine, saneLine, startupFile, typedLine } from "./shellScript.ts";

/** What a shell tells, in the order in which it happens. */
export interface ShellListener {
  /** What a person at the terminal sees; without our own lines and markers. */
  onScreen(text: string): void;
  /** Output of the running command, raw. The same text went to `onScreen` before. */
  onOutput(text: string): void;
  /** A line that the person typed has started to run. */
  onPersonCommand(): void;
  onFinished(exitCode: number): void;
  /** Nothing comes after it. */
  onExit(exitCode: number | null): void;
}

export interface ShellOptions {
  readonly folder: PrivateFolder;
  readonly program: string;
  readonly userStartupFiles: boolean;
  readonly lineEditing: boolean;
  readonly spawn: (args: readonly string[], listener: ShellProcessListener) => ShellProcess;
  readonly isTerminal: boolean;
}

/**
 * `starting`: until the first prompt · `idle`: at its prompt, or on the way there · `typed`: a command was sent and has not
 * started · `running`: its output comes.
 */
type Phase = "starting" | "idle" | "typed" | "running" | "exited";

/** How long a prompt may be late before a command is sent without it (a command may have broken the prompt). */
const promptMs = 250;
/** And when only its last piece is missing (`exec 2>/dev/null` hides prompts). */
const duePromptMs = 30;
const startingProgramMs = 50;
const longestEcho = 4096;

/** One bash process, from its start to its end: knows what it does, and which of its bytes belong to what. */
export class Shell {
  readonly process: ShellProcess;
  readonly #options: ShellOptions;
  readonly #listener: ShellListener;
  readonly #scanner: MarkerScanner;
  readonly #decoder = new StringDecoder("utf8");
  #phase: Phase = "starting";
  #nonce = "";
  #pending = "";
  #echo = "";
  #lastExitCode = 0;
  #workingDir: string;
  #hasPrompt = false;
  #isPromptDue = false;
  /** Whose keys may stand at the prompt, or wait for it. */
  #typedBy: "nobody" | "agent" | "person" = "nobody";
  #isLineEntered = false;
  #isHidden = false;
  #needsSane = false;
  #isInterrupted = false;
  #isAbandoned = false;
  #startedAt = 0;
  #onPrompt: (() => void) | undefined;
  readonly #exited = Promise.withResolvers<void>();

  constructor(options: ShellOptions, workingDir: string, listener: ShellListener) {
    this.#options = options;
    this.#listener = listener;
    this.#workingDir = workingDir;
    const token = randomBytes(8).toString("hex");
    this.#scanner = new MarkerScanner(token);
    const { folder, userStartupFiles, lineEditing, isTerminal } = options;
    const rc = folder.write("rc", startupFile({ token, markersTo: isTerminal ? ">/dev/tty" : ">&9", userStartupFiles, lineEditing }));
    const editing = lineEditing ? [] : ["--noediting"];
    this.process = options.spawn(["--noprofile", "--rcfile", rc, ...editing, "-i"], {
      onData: (bytes) => this.#receive(bytes),
      onExit: (exitCode) => this.#exit(exitCode),
    });
  }

  get workingDir(): string {
    return this.#workingDir;
  }

  get hasExited(): boolean {
    return this.#phase === "exited";
  }

  /** Resolves when the prompt stands there or the shell has ended, at the latest after `timeoutMs`. */
  async prompt(timeoutMs: number): Promise<void> {
    if (this.#hasPrompt || this.hasExited) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#onPrompt = resolve;
    await promise;
    clearTimeout(timer);
    this.#onPrompt = undefined;
  }

  /** Resolves when the process has ended, at the latest after `timeoutMs`. */
  async exit(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([promise, this.#exited.promise]);
    clearTimeout(timer);
  }

  /** Kills a shell that did not come to its prompt; its listener hears no more. */
  abandon(): void {
    this.#isAbandoned = true;
    this.process.kill("SIGKILL");
  }

  /** Whether it stands at its first prompt, or has stood there. */
  get hasStarted(): boolean {
    return this.#phase !== "starting" && (this.#hasPrompt || this.#phase !== "idle");
  }

  /** Whether a command was sent or runs. */
  get isBusy(): boolean {
    return this.#phase === "typed" || this.#phase === "running";
  }

  /**
   * Runs a command: `onFinished` or `onExit` will follow. A line that was half typed is given up, visibly. False when a
   * person's command has come first.
   */
  async start(command: string, signal: AbortSignal): Promise<boolean> {
    if (!this.#hasPrompt) await this.prompt(this.#isPromptDue ? duePromptMs : promptMs);
    const mayBeTypedAt = this.#typedBy !== "nobody" && this.process.isTerminal;
    if (this.#typedBy !== "nobody" && !this.isBusy) await this.#clearLine();
    signal.throwIfAborted();
    if (this.hasExited) return true;
    if (this.isBusy) return false;
    this.#nonce = randomBytes(8).toString("hex");
    this.#pending = command;
    const file = this.#options.folder.rewrite(commandFile(command, this.#nonce, this.#lastExitCode));
    this.#phase = "typed";
    this.#startedAt = performance.now();
    this.#isInterrupted = false;
    this.#hasPrompt = false;
    this.#echo = "";
    const clear = mayBeTypedAt ? discardLine : "";
    this.process.write(clear + (this.#needsSane ? saneLine : "") + typedLine(file, this.#lastExitCode));
    this.#needsSane = false;
    return true;
  }

  /** Keys for whatever reads them: the running program, or the prompt. */
  type(keys: string, by: "agent" | "person"): void {
    if (this.#typedBy !== "person") this.#typedBy = by;
    this.#isLineEntered = this.#hasPrompt && /[\r\n]$/.test(keys);
    if (this.#isLineEntered) this.#hasPrompt = false;
    if (keys.includes("\x03")) this.#isInterrupted = true;
    if (keys === "\x03") return this.interrupt();
    this.process.write(keys);
  }

  /** Ctrl-C. It is lost on a shell that is just starting a program, so that then it is pressed again. */
  interrupt(): void {
    this.#isInterrupted = true;
    // A pipe keeps the typed line, which will run yet: it is interrupted when it does.
    if (this.#phase === "typed" && !this.process.isTerminal) return;
    this.#pressControlC();
    const nonce = this.#nonce;
    const again = (): void => {
      if (this.isBusy && this.#nonce === nonce) this.#pressControlC();
    };
    if (this.isBusy && performance.now() - this.#startedAt < startingProgramMs) setTimeout(again, startingProgramMs);
  }

  #pressControlC(): void {
    if (this.process.isTerminal) this.process.write("\x03");
    // What the terminal does for that key: a signal to the group, which on pipes is the shell and what runs in it.
    else signalProcess(-this.process.pid, "SIGINT");
  }

  /** For a command whose markers may be lost: asks the shell how things stand, if it listens. */
  askForEnd(): void {
    this.process.write(endLine);
  }

  /** By Ctrl-C, because it also leaves a half typed loop or a search. A person sees it if the line was theirs. */
  async #clearLine(): Promise<void> {
    const exitCode = this.#lastExitCode;
    this.#hasPrompt = false;
    this.#isHidden = this.#typedBy === "agent";
    this.#pressControlC();
    await this.prompt(promptMs);
    this.#isHidden = false;
    this.#typedBy = "nobody";
    this.#lastExitCode = exitCode;
  }

  #receive(bytes: Buffer): void {
    for (const piece of this.#scanner.push(bytes)) {
      if (piece.kind === "bytes") this.#show(this.#decoder.write(piece.bytes));
      else this.#mark(piece.body);
    }
  }

  #show(text: string): void {
    if (text === "") return;
    if (this.#phase === "starting") return;
    if (this.#phase === "typed") {
      this.#echo = (this.#echo + text).slice(-longestEcho);
      return;
    }
    if (!this.#isHidden) this.#listener.onScreen(text);
    if (this.#phase === "running") this.#listener.onOutput(text);
  }

  #mark(body: Buffer): void {
    this.#show(this.#decoder.end());
    const [kind, nonce = "", code = "", ...rest] = body.toString("utf8").split(";");
    if (kind === "S") this.#started(nonce);
    else if (kind === "C") this.#personStarted();
    else if (kind === "B") this.#prompted();
    else if (kind === "E" || kind === "P") this.#ended(kind, nonce, Number(code), rest.join(";"));
  }

  #started(nonce: string): void {
    if (this.#phase !== "typed" || nonce !== this.#nonce) return;
    this.#phase = "running";
    this.#startedAt = performance.now();
    // Because a terminal that does not show what is typed was left so by a program (`stty -echo`).
    if (this.process.isTerminal && !/eval|__oh/.test(this.#echo)) this.#needsSane = true;
    this.#echo = "";
    this.#listener.onScreen(`${this.#pending.replaceAll("\n", "\r\n")}\r\n`);
    this.#pending = "";
    if (this.#isInterrupted) this.interrupt();
  }

  #personStarted(): void {
    if (this.#phase !== "idle") return;
    this.#phase = "running";
    this.#hasPrompt = false;
    this.#nonce = "";
    this.#listener.onPersonCommand();
    this.#onPrompt?.();
  }

  #prompted(): void {
    if (this.#phase !== "idle") return;
    this.#hasPrompt = true;
    // A person's whole lines have run by now; what the agent typed for a program may wait unread.
    if (this.#typedBy === "person" && this.#isLineEntered) this.#typedBy = "nobody";
    this.#onPrompt?.();
  }

  #ended(kind: "E" | "P", nonce: string, exitCode: number, folder: string): void {
    this.#lastExitCode = exitCode;
    this.#workingDir = decodeFolder(folder);
    // The marker's line end comes as `\r\n` unless a program has left the terminal raw.
    if (this.process.isTerminal && !folder.endsWith("\r\n")) this.#needsSane = true;
    const isOurs = nonce === this.#nonce && (this.#phase === "running" || this.#phase === "typed");
    // Ctrl-C empties a terminal's queue, and the typed line with it; a pipe keeps the line, and it will run yet.
    const isLost = kind === "P" && this.#phase === "typed" && this.#isInterrupted && this.process.isTerminal;
    // Because a command that was interrupted after it had broken the hooks is asked for its end, which then has no nonce.
    const isAnswer = kind === "E" && this.#phase === "running" && nonce === "" && this.#isInterrupted;
    this.#isPromptDue = kind === "P";
    if (this.#isPromptDue && this.#onPrompt !== undefined && this.#phase !== "starting") setTimeout(this.#onPrompt, duePromptMs);
    if (this.#phase === "starting") this.#phase = "idle";
    // The shell could not read its file (a command has moved the folder away): what it says about that is the output.
    const isUnread = kind === "E" && this.#phase === "typed" && nonce === "";
    if (isUnread) this.#tellUnread();
    if (!isOurs && !isLost && !isAnswer && !isUnread) return;
    this.#phase = "idle";
    this.#listener.onFinished(exitCode);
  }

  #tellUnread(): void {
    this.#options.folder.forget();
    this.#listener.onOutput(this.#echo.slice(this.#echo.indexOf("\n") + 1));
  }

  #exit(exitCode: number | null): void {
    const rest = this.#scanner.end();
    this.#show(this.#decoder.write(rest) + this.#decoder.end());
    const wasStarting = this.#phase === "starting";
    this.#phase = "exited";
    this.#onPrompt?.();
    this.#exited.resolve();
    if (!this.#isAbandoned && !wasStarting) this.#listener.onExit(exitCode);
  }
}

function decodeFolder(text: string): string {
  return text.trimEnd().replace(/%(07|09|0A|0D|1B|20|25)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
