import type { ShellDialect } from "./dialects/dialect.ts";
import { Inquiry } from "./inquiry.ts";
import type { Prompt } from "./prompt.ts";
import { type ShellProcess, signalProcess } from "./shellProcess.ts";
import { endStray } from "./strays.ts";

/** What is sent to a shell beside its commands, by whom, and how to be sure that none of it reaches the next command. */
export class Keyboard {
  readonly #process: ShellProcess;
  /** Resolves when the process has ended. */
  readonly #ended: Promise<void>;
  readonly #dialect: ShellDialect;
  readonly #prompt: Prompt;
  readonly #inquiry = new Inquiry((question, attempt) => this.#ask(question, attempt));
  #asking = new AbortController();
  /** Whose keys may stand at the prompt, or wait for it. */
  #typedBy: "nobody" | "agent" | "person" = "nobody";
  #isLineEntered = false;
  #isInterrupted = false;
  /** Keys of the person that come while the shell settles. */
  #heldKeys: string | undefined;
  #settling: Promise<void> | undefined;
  /** How many wait for it. */
  #waiting = 0;
  #isHidden = false;

  constructor(process: ShellProcess, ended: Promise<void>, dialect: ShellDialect, prompt: Prompt) {
    this.#process = process;
    this.#ended = ended;
    this.#dialect = dialect;
    this.#prompt = prompt;
  }

  get typedBy(): "nobody" | "agent" | "person" {
    return this.#typedBy;
  }

  /** Whether Ctrl-C was pressed since the shell has settled. */
  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  get isSettled(): boolean {
    return this.#typedBy === "nobody" && !this.#isInterrupted && this.#settling === undefined;
  }

  /** While it is true, what the shell runs are our own lines. */
  get isSettling(): boolean {
    return this.#heldKeys !== undefined;
  }

  /** Whether what the shell shows is none of the person's business. */
  get isHidden(): boolean {
    return this.#isHidden;
  }

  type(keys: string, by: "agent" | "person"): void {
    if (this.#heldKeys !== undefined && by === "person") {
      this.#heldKeys += keys;
      return;
    }
    if (this.#typedBy !== "person") this.#typedBy = by;
    this.#isLineEntered = this.#prompt.isThere && /[\r\n]$/.test(keys);
    if (this.#isLineEntered) this.#prompt.left();
    if (keys.includes("\x03")) this.#isInterrupted = true;
    this.#process.write(keys);
  }

  /** A person's whole lines have run when the prompt comes back; what the agent typed for a program may wait unread. */
  prompted(): void {
    if (this.#typedBy === "person" && this.#isLineEntered) this.#typedBy = "nobody";
  }

  pressControlC(): void {
    this.#isInterrupted = true;
    if (this.#process.isTerminal) this.#process.write("\x03");
    // What the terminal does for that key: a signal to the group, which on pipes is the shell and what runs in it.
    else signalProcess(-this.#process.pid, "SIGINT");
  }

  /** For a command that will be interrupted as soon as it begins. */
  noteInterrupt(): void {
    this.#isInterrupted = true;
  }

  /** Whether lines of ours may still wait to be read. */
  get isAsking(): boolean {
    return this.#inquiry.isOpen;
  }

  /** Asks the shell whether it reads lines, as often as it takes; until it answers or `stopAsking`. */
  ask(): void {
    this.stopAsking();
    void this.#inquiry.untilAnswered(this.#asking.signal);
  }

  stopAsking(): void {
    this.#asking.abort();
    this.#asking = new AbortController();
  }

  /** Whether the shell has now read or lost all that was sent to it before it was asked. */
  answered(question: number): boolean {
    return this.#inquiry.answer(question);
  }

  /**
   * Resolves when the shell stands at an empty prompt, and no Ctrl-C, signal or key from before can reach what is sent next; or when it has
   * ended, because it reads nothing any more; or when the signal is aborted. What a person types meanwhile waits for `release`.
   */
  async settle(signal?: AbortSignal): Promise<void> {
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined;
      if (this.#waiting === 0) this.release();
    });
    if (signal === undefined) return this.#settling;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = (): void => resolve();
    signal.addEventListener("abort", stop);
    this.#waiting++;
    await Promise.race([this.#settling, promise]);
    this.#waiting--;
    signal.removeEventListener("abort", stop);
  }

  /** Types what the person has typed meanwhile; while the shell settles it still waits. */
  release(): void {
    if (this.#settling !== undefined || this.#heldKeys === undefined) return;
    const keys = this.#heldKeys;
    this.#heldKeys = undefined;
    if (keys !== "") this.type(keys, "person");
  }

  /** A half typed line is given up by Ctrl-C, because that also leaves a half typed loop or a search; a person sees it if the line was theirs. */
  async #settle(): Promise<void> {
    this.#heldKeys ??= "";
    await this.#prompt.appears();
    this.#isHidden = this.#typedBy !== "person";
    if (this.#typedBy !== "nobody") {
      this.#prompt.left();
      this.pressControlC();
      await this.#prompt.appears();
    }
    this.#isHidden = true;
    if (this.#isInterrupted && this.#process.isTerminal) await endStray(this.#process.pid);
    const isSettled = await this.#inquiry.untilAnswered(this.#asking.signal);
    if (isSettled) await this.#prompt.appears();
    this.#isHidden = false;
    if (isSettled) [this.#typedBy, this.#isInterrupted] = ["nobody", false];
    else this.#process.kill("SIGKILL");
    if (!isSettled) await this.#ended;
  }

  #ask(question: number, attempt: number): void {
    // Not each time: a terminal that a program has left raw takes these keys for text.
    const clear = this.#typedBy !== "nobody" && this.#process.isTerminal && attempt % 2 === 0 ? this.#dialect.discardKeys : "";
    this.#process.write(clear + this.#dialect.askLine(question));
  }
}

/** What a line editor that has read its line tells the terminal about keys and pasted text: how programs get them depends on it. */
export function keyModes(echo: string): string {
  return (echo.match(/\x1b(?:\[[?<>=][\d;]*[hlu]|[=>])/g) ?? []).join("");
}
