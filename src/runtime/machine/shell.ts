import { randomBytes } from "node:crypto";
import { StringDecoder } from "node:string_decoder";
import type { ShellCommand, ShellDialect, ShellLaunch } from "./dialects/dialect.ts";
import { Holdback, type Ready } from "./holdback.ts";
import { Keyboard, keyModes } from "./keyboard.ts";
import { MarkerScanner } from "./markers.ts";
import type { PrivateFolder } from "./privateFolder.ts";
import { Prompt } from "./prompt.ts";
import { readMarker, type ShellState } from "./shellMarker.ts";
import type { ShellProcess, ShellProcessListener } from "./shellProcess.ts";

/** What a shell tells, in the order in which it happens. */
export interface ShellListener {
  /** What a person at the terminal sees; without our own lines and markers. */
  onScreen(text: string): void;
  /** Output of the running command, raw. The same text went to `onScreen` before. */
  onOutput(text: string): Ready;
  /** A line that was typed at the prompt has started to run. */
  onTypedCommand(by: "agent" | "person"): void;
  onFinished(exitCode: number): void;
  /** Nothing comes after it. */
  onExit(exitCode: number | null): void;
}

export interface ShellOptions {
  readonly folder: PrivateFolder;
  readonly dialect: ShellDialect;
  readonly userStartupFiles: boolean;
  readonly lineEditing: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly spawn: (launch: ShellLaunch, listener: ShellProcessListener) => ShellProcess;
  readonly isTerminal: boolean;
}

/**
 * `starting`: until the first prompt · `idle`: at its prompt, or on the way there · `typed`: a command was sent and has not
 * started · `running`: its output comes.
 */
type Phase = "starting" | "idle" | "typed" | "running" | "exited";

const startingProgramMs = 50;
const longestEcho = 4096;
/** 128 + SIGINT. */
const interruptedCode = 130;

/** One process of a shell, from its start to its end: knows what it does, and which of its bytes belong to what. */
export class Shell {
  readonly process: ShellProcess;
  readonly #options: ShellOptions;
  readonly #listener: ShellListener;
  readonly #scanner: MarkerScanner;
  readonly #decoder = new StringDecoder("utf8");
  readonly #prompt = new Prompt();
  readonly #holdback: Holdback;
  readonly #keyboard: Keyboard;
  #phase: Phase = "starting";
  #nonce = "";
  #pending = "";
  #echo = "";
  #lastExitCode = 0;
  #workingDir: string;
  #needsSane = false;
  /** What is typed into the command as soon as it runs. */
  readonly #early: { readonly keys: string; readonly by: "agent" | "person" }[] = [];
  #isAbandoned = false;
  #hasSecrets = false;
  #startedAt = 0;
  readonly #exited = Promise.withResolvers<void>();

  constructor(options: ShellOptions, workingDir: string, listener: ShellListener) {
    this.#options = options;
    this.#listener = listener;
    this.#workingDir = workingDir;
    const token = randomBytes(8).toString("hex");
    this.#scanner = new MarkerScanner(token);
    const { dialect, folder } = options;
    const write = (name: string, text: string): string => folder.write(name, text);
    this.process = options.spawn(dialect.launch({ ...options, token, write }), {
      onData: (bytes) => this.#receive(bytes),
      onExit: (exitCode) => this.#exit(exitCode),
    });
    this.#holdback = new Holdback(this.process);
    this.#keyboard = new Keyboard(this.process, this.#exited.promise, dialect, this.#prompt);
  }

  get workingDir(): string {
    return this.#workingDir;
  }

  get hasExited(): boolean {
    return this.#phase === "exited";
  }

  /** Resolves with true when it stands at its first prompt; with false when it has ended, or `timeoutMs` have passed. */
  async comesUp(timeoutMs: number): Promise<boolean> {
    if (!this.hasExited) await this.#prompt.appears(timeoutMs);
    return this.#phase !== "starting" && !this.hasExited && (this.#prompt.isThere || this.#phase !== "idle");
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

  /** Whether a command was sent or runs. */
  get isBusy(): boolean {
    return this.#phase === "typed" || this.#phase === "running";
  }

  /**
   * Runs a command: `onFinished` or `onExit` will follow. A line that was half typed is given up, visibly. False when a
   * person's command has come first.
   */
  async start(command: Pick<ShellCommand, "text" | "env">, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#prompt.appears();
      if (!this.isBusy && !this.#keyboard.isSettled) await this.#keyboard.settle(signal);
      signal.throwIfAborted();
      if (this.hasExited) return true;
      if (this.isBusy) return false;
      this.#send(command);
      return true;
    } finally {
      this.#keyboard.release();
    }
  }

  #send(command: Pick<ShellCommand, "text" | "env">): void {
    this.#nonce = randomBytes(8).toString("hex");
    this.#pending = command.text;
    this.#hasSecrets = command.env !== undefined;
    const { dialect, folder } = this.#options;
    const file = folder.rewrite(dialect.commandFile({ ...command, nonce: this.#nonce, lastExitCode: this.#lastExitCode }));
    this.#phase = "typed";
    this.#holdback.begin();
    this.#startedAt = performance.now();
    this.#prompt.left();
    this.#echo = "";
    this.process.write((this.#needsSane ? dialect.saneLine : "") + dialect.typedLine(file, this.#lastExitCode));
    this.#needsSane = false;
  }

  /** Keys for whatever reads them: the running program, or the prompt. */
  type(keys: string, by: "agent" | "person"): void {
    if (keys === "\x03" && !this.#keyboard.isSettling) this.interrupt();
    // Because the terminal drops what is typed before a key that is a signal, and our line with it.
    else if (this.#phase === "typed") this.#early.push({ keys, by });
    else this.#press(keys, () => this.#keyboard.type(keys, by));
  }

  interrupt(): void {
    this.#keyboard.noteInterrupt();
    this.#holdback.end();
    // A pipe keeps the typed line, which will run yet: it is interrupted when it does.
    if (this.#phase === "typed" && !this.process.isTerminal) return;
    this.#press("\x03", () => this.#keyboard.pressControlC());
    // It empties a terminal's queue, and often the typed line with it: then the shell answers without having begun the command.
    if (this.#phase === "typed") this.#keyboard.ask();
  }

  /** A key that is a signal is lost on a shell that is just starting a program, so that then it is pressed again. */
  #press(keys: string, press: () => void): void {
    press();
    const isEarly = this.#phase === "running" && performance.now() - this.#startedAt < startingProgramMs;
    if (!isEarly || !/^[\x03\x1a\x1c]$/.test(keys)) return;
    const nonce = this.#nonce;
    setTimeout(() => this.#phase === "running" && this.#nonce === nonce && press(), startingProgramMs);
  }

  /** For a command whose markers may be lost: asks the shell how things stand, if it listens. */
  askForEnd(): void {
    this.#keyboard.ask();
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
    if (!this.#keyboard.isHidden) this.#listener.onScreen(text);
    if (this.#phase === "running") this.#holdback.until(this.#listener.onOutput(text));
  }

  #mark(body: Buffer): void {
    this.#show(this.#decoder.end());
    const marker = readMarker(body);
    switch (marker?.kind) {
      case "started":
        return this.#started(marker.nonce);
      case "typedLine":
        return this.#personStarted();
      case "prompted":
        return this.#prompted();
      case "ended":
      case "prompting":
        return this.#ended(marker.kind, marker.nonce, marker.state);
      case "answered":
        return this.#answered(marker.question, marker.state);
      case undefined:
    }
  }

  #started(nonce: string): void {
    if (this.#phase !== "typed" || nonce !== this.#nonce) return;
    this.#phase = "running";
    this.#startedAt = performance.now();
    this.#keyboard.stopAsking();
    if (this.#hasSecrets) this.#options.folder.erase();
    // Because a terminal that does not show what is typed was left so by a program (`stty -echo`).
    if (this.process.isTerminal && !/eval|__oh/.test(this.#echo)) this.#needsSane = true;
    this.#listener.onScreen(`${keyModes(this.#echo)}${this.#pending.replaceAll("\n", "\r\n")}\r\n`);
    this.#echo = "";
    this.#pending = "";
    if (this.#keyboard.isInterrupted) this.interrupt();
    for (const { keys, by } of this.#early.splice(0)) this.type(keys, by);
  }

  #personStarted(): void {
    // The lines that we type when the shell has to answer are nobody's command.
    if (this.#phase !== "idle" || this.#keyboard.isSettling) return;
    this.#phase = "running";
    this.#prompt.left();
    this.#nonce = "";
    this.#listener.onTypedCommand(this.#keyboard.typedBy === "agent" ? "agent" : "person");
    this.#prompt.giveUp();
  }

  #prompted(): void {
    if (this.#phase !== "idle") return;
    this.#keyboard.prompted();
    this.#prompt.appeared();
  }

  #ended(kind: "ended" | "prompting", nonce: string, state: ShellState): void {
    this.#stands(state);
    const isOurs = nonce === this.#nonce && this.isBusy;
    if (this.#phase === "starting") this.#phase = "idle";
    else this.#prompt.announced(kind === "prompting");
    // The shell could not read its file (a command has moved the folder away): what it says about that is the output.
    const isUnread = kind === "ended" && this.#phase === "typed" && nonce === "";
    if (isUnread) this.#options.folder.forget();
    if (isUnread) void this.#listener.onOutput(this.#echo.slice(this.#echo.indexOf("\n") + 1));
    if (isOurs || isUnread) this.#finish(state.exitCode);
  }

  /** A shell that answers reads lines: a command that was interrupted is over, or was never begun. */
  #answered(question: number, state: ShellState): void {
    this.#stands(state);
    this.#prompt.left();
    if (!this.#keyboard.answered(question) || !this.#keyboard.isInterrupted || !this.isBusy) return;
    this.#finish(this.#phase === "typed" ? interruptedCode : state.exitCode);
  }

  #stands(state: ShellState): void {
    // Our own lines change nothing for the next command.
    if (!this.#keyboard.isSettling) this.#lastExitCode = state.exitCode;
    this.#workingDir = state.folder;
    if (this.process.isTerminal && !state.isCooked) this.#needsSane = true;
  }

  #finish(exitCode: number): void {
    this.#phase = "idle";
    this.#keyboard.stopAsking();
    // At once, so that a line of ours that is read late is not taken for the person's.
    if (this.#keyboard.isAsking) void this.#keyboard.settle();
    // What was meant for a command that never ran is of no use, but a person's keys are never dropped.
    for (const { keys, by } of this.#early.splice(0)) if (by === "person") this.type(keys, by);
    this.#listener.onFinished(exitCode);
  }

  #exit(exitCode: number | null): void {
    const rest = this.#scanner.end();
    this.#show(this.#decoder.write(rest) + this.#decoder.end());
    const wasStarting = this.#phase === "starting";
    this.#phase = "exited";
    this.#keyboard.stopAsking();
    this.#prompt.giveUp();
    this.#exited.resolve();
    if (!this.#isAbandoned && !wasStarting) this.#listener.onExit(exitCode);
  }
}
